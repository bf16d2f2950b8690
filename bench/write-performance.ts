import { readFile, writeFile } from 'node:fs/promises'
import { asMarkdown, type Table } from './tables.js'

/** What a run has to say in docs/performance.md. */
export interface Performance {
  readonly machine: string
  readonly command: string
  /** What is to be known of the figures, a sentence or two each. */
  readonly notes: readonly string[]
  readonly tables: readonly { readonly title: string; readonly table: Table }[]
  readonly targets: Table
}

const BEGIN = '<!-- measured: written by npm run bench -- --write -->'
const END = '<!-- /measured -->'
const path = new URL('../../docs/performance.md', import.meta.url)

/** Puts the figures of a run into docs/performance.md, with when, where and how. */
export async function writePerformance(performance: Performance): Promise<void> {
  const text = await readFile(path, 'utf8')
  await writeFile(path, replaceMeasured(text, renderMeasured(performance, new Date())))
}

/**
 * Puts new figures in the place of the old.
 *
 * @throws Error when the document has lost the lines between which they stand.
 */
export function replaceMeasured(document: string, measured: string): string {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin === -1 || end < begin) throw new Error(`the document needs the lines ${BEGIN}, ${END}`)
  return `${document.slice(0, begin + BEGIN.length)}\n\n${measured}\n\n${document.slice(end)}`
}

function renderMeasured(performance: Performance, at: Date): string {
  const { machine, command, notes, tables, targets } = performance
  return [
    `${at.toISOString().slice(0, 10)}, ${machine}: \`${command.trim()}\`.\n${notes.join('\n')}`,
    ...tables.map(({ title, table }) => `### ${title}\n\n${asMarkdown(table)}`),
    `### Targets\n\n${asMarkdown(targets)}`,
  ].join('\n\n')
}
