import {
  type HealthStatus,
  jobWords,
  type PipelineEntry,
  type PipelineStatus,
  type SourceStatus,
} from '../../protocol/index.js'
import { escapeHtml } from './html.js'
import { durationWords, instantWords, reasonsWords } from './status-words.js'

/** What the tables say of their own data. */
export interface DataAge {
  /** When the data was read, ISO 8601 in UTC. */
  readonly generatedAt: string
  /** The database cannot be read: this is the last good data. */
  readonly isStale: boolean
}

/** So many rows a table has at most; the best are left out first. */
export const MAX_TABLE_ROWS = 200

const MAX_ERROR_CHARS = 200

const ORDER: Readonly<Record<HealthStatus, number>> = {
  Failing: 0,
  Degraded: 1,
  Late: 2,
  Unknown: 3,
  Healthy: 4,
  Paused: 5,
}

/** The board as plain HTML, for readers without JavaScript. It holds no script and no style. */
export function statusTable(data: PipelineStatus, age: DataAge): string {
  const at = `<time datetime="${escapeHtml(age.generatedAt)}">${instantWords(age.generatedAt)}</time>`
  return [
    `<h1>Pipeline status: ${escapeHtml(data.status)}</h1>`,
    age.isStale
      ? `<p><strong>The database cannot be read. This is the last good data, of ${at}.</strong></p>`
      : `<p>As of ${at}.</p>`,
    pipelineTable(data),
    sourceTable(data),
  ].join('\n')
}

function pipelineTable({ pipelines }: PipelineStatus): string {
  const rows = worstFirst(pipelines).map((pipeline) => [
    jobWords(pipeline),
    pipeline.status,
    reasonsWords(pipeline.reasons),
    `${pipeline.healthy} of ${pipeline.sources}`,
    whenWords(pipeline.last_run),
    dueWords(pipeline),
  ])
  const heads = ['Pipeline', 'Status', 'Reason', 'Healthy sources', 'Last run', 'Next due']
  return table('Pipelines', heads, rows)
}

function sourceTable({ sources, pipelines }: PipelineStatus): string {
  const rows = worstFirst(sources).map((source) => [
    jobWords(source),
    source.status,
    whyWords(source),
    jobWords(pipelines[source.pipeline] ?? source),
    whenWords(source.last_run),
    source.duration_ms === undefined ? '' : durationWords(source.duration_ms),
    dueWords(source),
  ])
  const heads = ['Source', 'Status', 'Reason', 'Pipeline', 'Last run', 'Duration', 'Next due']
  return table('Sources', heads, rows)
}

function whyWords({ reasons, error, running }: SourceStatus): string {
  const shortError = error === undefined ? '' : cut(error)
  const words = [reasonsWords(reasons), shortError].filter((part) => part !== '').join(': ')
  return running === 0 ? words : [words, 'running now'].filter((part) => part !== '').join('; ')
}

function dueWords({ late_since, next_expected }: SourceStatus | PipelineEntry): string {
  if (late_since !== undefined) return `late since ${instantWords(late_since)}`
  return whenWords(next_expected)
}

function whenWords(instant: string | undefined): string {
  return instant === undefined ? '' : instantWords(instant)
}

function cut(text: string): string {
  return text.length <= MAX_ERROR_CHARS ? text : `${text.slice(0, MAX_ERROR_CHARS)}…`
}

function worstFirst<Entry extends SourceStatus | PipelineEntry>(
  entries: Readonly<Record<string, Entry>>,
): readonly Entry[] {
  return Object.values(entries).sort(
    (a, b) => ORDER[a.status] - ORDER[b.status] || (jobWords(a) < jobWords(b) ? -1 : 1),
  )
}

function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return `<h2>${caption}</h2>\n<p>None yet.</p>`
  const shown = rows.slice(0, MAX_TABLE_ROWS)
  const hidden = rows.length - shown.length
  return [
    `<table>\n<caption>${caption}</caption>`,
    `<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>`,
    '<tbody>',
    ...shown.map(tableRow),
    '</tbody>\n</table>',
    ...(hidden === 0 ? [] : [`<p>And ${hidden} more, which are no worse than the last row.</p>`]),
  ].join('\n')
}

function tableRow([name = '', ...cells]: readonly string[]): string {
  const rest = cells.map((cell) => `<td>${escapeHtml(cell === '' ? '–' : cell)}</td>`).join('')
  return `<tr><th scope="row">${escapeHtml(name)}</th>${rest}</tr>`
}
