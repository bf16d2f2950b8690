import { dataAgeMs } from '../client/data-age.js'
import type { ConnectionState, Update } from '../client/index.js'
import {
  type HealthStatus,
  jobWords,
  type PipelineStatus,
  type SourceStatus,
} from '../protocol/index.js'
import { agoWords, connectionWords, worstReasonWords } from './words.js'

/** One source, as it is shown. */
export interface RowView {
  readonly key: string
  readonly name: string
  readonly status: HealthStatus
  /** Status, reason and last run in words. */
  readonly detail: string
}

/** All that an element shows at one instant. */
export interface BoardView {
  readonly status: HealthStatus
  readonly headline: string
  readonly connection: string
  /** Whether data comes as it should. */
  readonly isLive: boolean
  /** How old the data is, in words; empty before there is any. */
  readonly age: string
  /** The data may no longer hold. */
  readonly isOld: boolean
  readonly rows: readonly RowView[]
  /** How many sources are left out, none of them worse than those that are shown. */
  readonly hidden: number
}

/** What is looked at. */
export interface Look {
  readonly update: Update | undefined
  readonly state: ConnectionState
  /** The keys to show; empty: all. */
  readonly sources: readonly string[]
  /** The reader's clock, in milliseconds. */
  readonly now: number
  /** How far the server's clock is ahead of it, in milliseconds. */
  readonly skewMs: number
}

const MAX_ROWS = 100

/** A connection that comes back within this time was no trouble to anybody, in milliseconds. */
const OLD_AFTER_MS = 20_000

/** Worst first; the order in which sources are listed. */
const SEVERITY: readonly HealthStatus[] = [
  'Failing',
  'Degraded',
  'Late',
  'Unknown',
  'Healthy',
  'Paused',
]

/** Works out what to show. */
export function boardView({ update, state, sources, now, skewMs }: Look): BoardView {
  const connection = connectionWords(state, update !== undefined)
  const isLive = state.status === 'connected' || state.status === 'polling'
  if (update === undefined) {
    const nothing = { status: 'Unknown', headline: 'No data yet', age: '', isOld: false } as const
    return { ...nothing, connection, isLive, rows: [], hidden: 0 }
  }
  const ageMs = dataAgeMs(update, skewMs, now)
  const isOld = update.isStale || (!isLive && ageMs > OLD_AFTER_MS)
  const entries = chosenEntries(update.data, sources)
  // The clocks of sources stand still while nobody knows what they do.
  const serverNow = update.generatedAt + (isOld ? 0 : ageMs)
  return {
    status: sources.length === 0 ? update.data.status : worstOf(entries),
    headline: [headlineOf(entries), ...pipelineTroubles(update.data, sources)].join('; '),
    connection: update.isStale ? `${connection}, but the database cannot be read` : connection,
    isLive,
    age: `${update.isStale ? 'Last good data of' : 'Updated'} ${agoWords(ageMs)}`,
    isOld,
    rows: entries.slice(0, MAX_ROWS).map((entry) => rowView(entry, serverNow)),
    hidden: Math.max(0, entries.length - MAX_ROWS),
  }
}

/** A source that was asked for by a key that the server does not know has no source. */
type Entry = readonly [key: string, source: SourceStatus | undefined]

function chosenEntries(data: PipelineStatus, sources: readonly string[]): readonly Entry[] {
  const all = data.sources
  const keys = sources.length === 0 ? Object.keys(all) : sources
  return keys
    .map((key): Entry => [key, Object.hasOwn(all, key) ? all[key] : undefined])
    .sort((a, b) => severityOf(a) - severityOf(b) || (a[0] < b[0] ? -1 : 1))
}

function statusOf([, source]: Entry): HealthStatus {
  return source?.status ?? 'Unknown'
}

function severityOf(entry: Entry): number {
  return SEVERITY.indexOf(statusOf(entry))
}

/** Paused sources say nothing about the others. */
function worstOf(entries: readonly Entry[]): HealthStatus {
  const judged = entries.filter((entry) => statusOf(entry) !== 'Paused')
  return SEVERITY.find((status) => judged.some((entry) => statusOf(entry) === status)) ?? 'Unknown'
}

function headlineOf(entries: readonly Entry[]): string {
  if (entries.length === 0) return 'No sources yet'
  const counts = SEVERITY.filter((status) => status !== 'Healthy').flatMap((status) => {
    const count = entries.filter((entry) => statusOf(entry) === status).length
    return count === 0 ? [] : [`${count} ${status.toLowerCase()}`]
  })
  const what = entries.length === 1 ? '1 source' : `${entries.length} sources`
  return counts.length === 0 ? `${what} healthy` : `${what}: ${counts.join(', ')}`
}

/** A pipeline can be worse than all of its sources: by its own runs, which are no row. */
function pipelineTroubles(data: PipelineStatus, sources: readonly string[]): readonly string[] {
  const worstSource = worstOf(chosenEntries(data, []))
  if (sources.length > 0 || SEVERITY.indexOf(data.status) >= SEVERITY.indexOf(worstSource))
    return []
  const worst = Object.values(data.pipelines).filter(({ status }) => status === data.status)
  return worst.slice(0, 1).map(({ name }) => {
    const more = worst.length === 1 ? '' : ` and ${worst.length - 1} more`
    return `pipeline ${name}${more} ${data.status.toLowerCase()}`
  })
}

function rowView([key, source]: Entry, serverNow: number): RowView {
  if (source === undefined) {
    return { key, name: key, status: 'Unknown', detail: 'Unknown: no such source' }
  }
  const { status, reasons, running, last_run } = source
  const why = worstReasonWords(reasons)
  const when = last_run === undefined ? 'no run yet' : agoWords(serverNow - Date.parse(last_run))
  return {
    key,
    name: jobWords(source),
    status,
    detail: [
      why === '' || why === status.toLowerCase() ? status : `${status}: ${why}`,
      running > 0 ? 'running' : when,
    ].join(' · '),
  }
}
