import {
  type HealthStatus,
  jobWords,
  type PipelineEntry,
  type PipelineStatus,
  type SourceStatus,
} from '../../protocol/index.js'
import { STATUS_LOOKS } from '../status/status-look.js'

/** One line of the list: the head of a pipeline, or a source below it. */
export type Row =
  | {
      readonly kind: 'pipeline'
      /** The pipeline's key; `null` for the sources that are pipelines of their own. */
      readonly key: string | null
      readonly pipeline: PipelineEntry | undefined
      /** How many of its sources are listed below. */
      readonly listed: number
    }
  | {
      readonly kind: 'source'
      readonly key: string
      readonly source: SourceStatus
      /** With its namespace, where the head of its group has another. */
      readonly name: string
    }

/** What of the board is listed. */
export interface Filter {
  /** Empty: all of them. */
  readonly statuses: readonly HealthStatus[]
  /** Words, all of which the key or the pipeline's key holds. */
  readonly search: string
}

/** Everything is listed. */
export const NO_FILTER: Filter = { statuses: [], search: '' }

interface Group {
  readonly key: string | null
  readonly sources: [key: string, source: SourceStatus][]
  /** The order of its worst member, or of itself where that is worse. */
  worst: number
}

/**
 * The list: problems first, grouped by pipeline; a group is as urgent as its worst member, or as the
 * pipeline's own runs make it.
 */
export function rowsOf(
  { sources, pipelines }: Pick<PipelineStatus, 'sources' | 'pipelines'>,
  filter: Filter,
): readonly Row[] {
  const isListed = listedBy(filter)
  const groups = new Map<string | null, Group>()
  for (const [key, source] of Object.entries(sources)) {
    if (!isListed(key, source)) continue
    const name = source.pipeline === key ? null : source.pipeline
    const group = groups.get(name) ?? { key: name, sources: [], worst: ownOrder(pipelines, name) }
    group.sources.push([key, source])
    group.worst = Math.min(group.worst, STATUS_LOOKS[source.status].order)
    groups.set(name, group)
  }
  const sorted = [...groups.values()].sort((a, b) => a.worst - b.worst || byKey(a.key, b.key))
  return sorted.flatMap((group) => {
    const pipeline = group.key === null ? undefined : pipelines[group.key]
    const head: Row = { kind: 'pipeline', key: group.key, pipeline, listed: group.sources.length }
    // Where nothing has children there is nothing to tell apart.
    const heads = group.key === null && groups.size === 1 ? [] : [head]
    const rows = group.sources.sort(byUrgency).map(([key, source]): Row => {
      const isOfHead = pipeline?.namespace === source.namespace
      return { kind: 'source', key, source, name: isOfHead ? source.name : jobWords(source) }
    })
    return [...heads, ...rows]
  })
}

function ownOrder(pipelines: PipelineStatus['pipelines'], name: string | null): number {
  const own = name !== null && Object.hasOwn(pipelines, name) ? pipelines[name] : undefined
  return own === undefined ? Infinity : STATUS_LOOKS[own.status].order
}

/** Names a row for as long as it is listed. */
export function rowId(row: Row): string {
  return `${row.kind} ${row.key ?? ''}`
}

function listedBy({ statuses, search }: Filter): (key: string, source: SourceStatus) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return (key, source) => {
    if (statuses.length > 0 && !statuses.includes(source.status)) return false
    if (words.length === 0) return true
    const text = `${key} ${source.pipeline}`.toLowerCase()
    return words.every((word) => text.includes(word))
  }
}

function byUrgency(
  [key, source]: readonly [string, SourceStatus],
  [otherKey, other]: readonly [string, SourceStatus],
): number {
  return (
    STATUS_LOOKS[source.status].order - STATUS_LOOKS[other.status].order || byKey(key, otherKey)
  )
}

/** Pipelines of their own come behind the others that are as urgent. */
function byKey(key: string | null, other: string | null): number {
  if (key === null || other === null) return Number(key === null) - Number(other === null)
  return key < other ? -1 : Number(key > other)
}
