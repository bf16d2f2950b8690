import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorWord } from '../explain-error.js'

/** A pipe of the kernel: what is written to the one end is read from the other. */
export interface KernelPipe {
  readonly readEnd: number
  readonly writeEnd: number
}

/** A folder of one run, only its owner's. Trouble with it is noted, never thrown. */
export interface Scratch {
  /** An empty file, into which the command may write how many records it wrote; `null`: none. */
  readonly recordsFile: string | null
  /**
   * Node gives a child sockets for its output, and a socket cannot be opened again through
   * `/dev/stderr`, as shell scripts do. So these pipes are made by `mkfifo`.
   *
   * @returns `null` where there is no such program, or no place for them.
   */
  readonly openPipes: (count: number) => readonly KernelPipe[] | null
  /** The whole number in the file; `undefined` when it holds none. */
  readonly readRecords: () => number | undefined
  /** Removes the folder and all that is in it. */
  readonly remove: () => void
  /** What went wrong first, in one line; `null` when nothing did. */
  readonly trouble: () => string | null
}

const MAKE_PIPES = 'mkfifo'

/** No whole number that we can hold is longer, white space included. */
const MAX_RECORDS_BYTES = 64

/** Makes the folder; without it the command runs all the same. */
export function createScratch(): Scratch {
  let trouble: string | null = null
  const tried = <T>(act: () => T): T | null => {
    try {
      return act()
    } catch (error) {
      trouble ??= `trouble with a folder in ${tmpdir()}: ${errorWord(error)}`
      return null
    }
  }
  const folder = tried(() => mkdtempSync(join(tmpdir(), 'pipecast-run-')))
  const recordsFile = folder === null ? null : tried(() => makeRecordsFile(folder))
  return {
    recordsFile,
    openPipes: (count) => (folder === null ? null : tried(() => openPipes(folder, count))),
    readRecords: () =>
      recordsFile === null ? undefined : (tried(() => readRecords(recordsFile)) ?? undefined),
    remove: () => {
      if (folder !== null) tried(() => rmSync(folder, { recursive: true, force: true }))
    },
    trouble: () => trouble,
  }
}

function makeRecordsFile(folder: string): string {
  const path = join(folder, 'records')
  writeFileSync(path, '', { mode: 0o600 })
  return path
}

function openPipes(folder: string, count: number): readonly KernelPipe[] | null {
  const paths = Array.from({ length: count }, (_, index) => join(folder, `pipe-${index}`))
  const made = spawnSync(MAKE_PIPES, ['-m', '600', ...paths], { stdio: 'ignore' })
  if (made.status !== 0) return null
  return paths.map((path) => {
    // In this order neither open waits for the other end.
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const writeEnd = openSync(path, constants.O_WRONLY)
    unlinkSync(path)
    return { readEnd, writeEnd }
  })
}

/** The command may have left anything there: a pipe must not hold us, nor a large file fill us. */
function readRecords(path: string): number | undefined {
  if (!existsSync(path)) return undefined // removed by the command: it told nothing
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!fstatSync(file).isFile()) return undefined
    const bytes = Buffer.alloc(MAX_RECORDS_BYTES + 1)
    const text = bytes.toString('latin1', 0, readSync(file, bytes)).trim()
    const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
    return Number.isSafeInteger(count) ? count : undefined
  } finally {
    closeSync(file)
  }
}
