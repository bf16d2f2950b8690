import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { transitions } from '../../../src/client/transitions.js'

/** The machine's table as Markdown: a row for each event, a column for each phase. */
function renderTable(): string {
  const phases = Object.keys(transitions) as (keyof typeof transitions)[]
  const events = Object.keys(transitions.opening) as (keyof typeof transitions.opening)[]
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    row(['event', ...phases]),
    row(['event', ...phases].map(() => '---')),
    ...events.map((event) =>
      row([event, ...phases.map((phase) => transitions[phase][event].name.replace('stay', '–'))]),
    ),
  ].join('\n')
}

it('[P9.3] the documentation shows every phase with every event, as the code has them', async () => {
  const docs = await readFile(new URL('../../../docs/clients.md', import.meta.url), 'utf8')

  expect(docs).toContain(renderTable())
})
