import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * A: valid by the schema. B: real and yet not valid. R: written by real clients.
 */
export type CorpusTier = 'A' | 'B' | 'R'

/** One real event. */
export interface CorpusEvent {
  readonly tier: CorpusTier
  readonly file: string
  readonly value: unknown
}

const DIRECTORY = fileURLToPath(new URL('../../../shared/corpus/openlineage/', import.meta.url))

/**
 * Whether the corpus of real events is there; it lies beside the repository, not in it. To be
 * given to `describe.skipIf`; when it is missing, a line on stderr says so and why that matters.
 */
export function isCorpusMissing(): boolean {
  if (existsSync(DIRECTORY)) return false
  process.stderr.write(`The corpus of real events is not at ${DIRECTORY}: its tests are skipped.\n`)
  return true
}

/** All events of a tier, in the order of their names. */
export function readCorpus(tier: CorpusTier): readonly CorpusEvent[] {
  const directory = `${DIRECTORY}${tier}/`
  return readdirSync(directory)
    .sort()
    .map((file) => ({
      tier,
      file,
      value: JSON.parse(readFileSync(`${directory}${file}`, 'utf8')) as unknown,
    }))
}
