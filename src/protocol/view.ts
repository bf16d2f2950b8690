import type { Json, JsonObject } from './merge-patch.js'

/** What somebody wants to see of a document; without members: all of it. Never both. */
export interface View {
  /** Only these sources, by key; each once, in the order of their code units. */
  readonly sources?: readonly string[]
  /** `totals` leaves out whatever grows with the number of jobs. */
  readonly view?: 'totals'
}

/** The most sources that a view may name. */
export const MAX_VIEW_SOURCES = 100

/** The longest list of sources, as it stands in a query after percent-decoding, in characters. */
export const MAX_VIEW_LENGTH = 4_000

/** Whether it is all of the document. */
export function isWhole({ sources, view }: View): boolean {
  return sources === undefined && view === undefined
}

/** The view of these sources. */
export function viewOf(sources: Iterable<string>): View {
  return { sources: [...new Set(sources)].sort() }
}

/** The list of sources as it stands in a query after percent-decoding. */
export function joinSources(sources: readonly string[]): string {
  // Keys hold a % only as %25 and %2F, so nothing is mistaken for a comma that is none.
  return sources.map((key) => key.replaceAll(',', '%2C')).join(',')
}

/** Undoes {@link joinSources}. */
export function splitSources(list: string): readonly string[] {
  return list === '' ? [] : list.split(',').map((key) => key.replaceAll('%2C', ','))
}

/** The query that asks for a view, with its `?`; empty for the whole document. It names the view. */
export function viewQuery({ sources, view }: View): string {
  if (view !== undefined) return `?view=${view}`
  return sources === undefined ? '' : `?sources=${encodeURIComponent(joinSources(sources))}`
}

/**
 * What a view shows of a document. Whatever it leaves alone is shared with that document. Members
 * that a document does not have are not made up, so any document has any view.
 */
export function narrowDocument(document: Json, { sources, view }: View): Json {
  if (!isObject(document)) return document
  if (view !== undefined) return totalsOf(document)
  return sources === undefined ? document : chosenOf(document, sources)
}

const GROWING = ['sources', 'pipelines', 'alerts']

/** All that does not grow with the number of jobs; the alerts are counted. */
function totalsOf(document: JsonObject): JsonObject {
  const { alerts, totals } = document
  const left = Object.entries(document).filter(([key]) => !GROWING.includes(key))
  if (isList(alerts) && isObject(totals)) {
    left.push(['totals', { ...totals, alerts: alerts.length }])
  }
  return Object.fromEntries(left)
}

/** The sources that were named, the pipelines that were or that have one of them, their alerts. */
function chosenOf(document: JsonObject, keys: readonly string[]): JsonObject {
  const sources = pick(document['sources'], keys)
  const parents = Object.values(sources ?? {}).map((source) =>
    isObject(source) ? source['pipeline'] : undefined,
  )
  const named = new Set([...keys, ...parents.filter((key) => typeof key === 'string')])
  const pipelines = pick(document['pipelines'], named)
  const { alerts } = document
  return {
    ...document,
    ...(sources === undefined ? {} : { sources }),
    ...(pipelines === undefined ? {} : { pipelines }),
    ...(isList(alerts) ? { alerts: alerts.filter((alert) => isAbout(alert, named)) } : {}),
  }
}

function pick(all: Json | undefined, keys: Iterable<string>): JsonObject | undefined {
  if (!isObject(all)) return undefined
  const there = [...keys].filter((key) => Object.hasOwn(all, key))
  // fromEntries defines members, also one that is called `__proto__`.
  return Object.fromEntries(there.map((key) => [key, all[key] as Json]))
}

function isAbout(alert: Json, keys: ReadonlySet<string>): boolean {
  return isObject(alert) && typeof alert['source'] === 'string' && keys.has(alert['source'])
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
