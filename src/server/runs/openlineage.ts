import { eventId } from './event-id.js'
import { believableTime, type EventTime, readEventTime } from './event-time.js'
import { canonicalName, DEFAULT_NAMESPACE } from './job-name.js'
import { isJsonObject, jsonMember } from './json-member.js'
import { readFacets } from './openlineage-facets.js'
import {
  RUN_EVENT_TYPES,
  type RunEvent,
  type RunEventType,
  type RunReference,
} from './run-event.js'
import { canonicalRunId } from './run-id.js'
import { storableJson } from './storable-json.js'
import { storableText } from './storable-text.js'

/** Why a value is no run event; the words never change. */
export type OpenLineageProblem =
  | 'not_an_object'
  | 'missing_run_id'
  | 'missing_job_name'
  | 'missing_event_time'
  | 'bad_event_time'

/** A value that cannot be recorded. */
interface InvalidEvent {
  readonly kind: 'invalid'
  readonly code: OpenLineageProblem
  /** What is wrong, and what to send instead. */
  readonly message: string
  /** Where, as a JSON pointer. */
  readonly path: string
}

/** What a received value turned out to be. */
export type OpenLineageReading =
  | { readonly kind: 'run'; readonly event: RunEvent }
  /** A valid event that is not about a run: to be acknowledged, with nothing to record. */
  | { readonly kind: 'ignored'; readonly reason: string }
  | InvalidEvent

/**
 * Reads an OpenLineage event as it is found in the wild. Only what a run cannot be recorded
 * without is required: `run.runId`, `job.name` and `eventTime`. Never throws.
 *
 * @param value - as `JSON.parse` gives it.
 * @param receivedAt - our clock; it stands in for an event time that cannot be believed.
 */
export function readOpenLineageEvent(value: unknown, receivedAt: Date): OpenLineageReading {
  if (!isJsonObject(value)) {
    return invalid('not_an_object', '', 'An event is a JSON object; send an OpenLineage RunEvent.')
  }
  const otherKind = kindOtherThanRun(value)
  if (otherKind !== null) return { kind: 'ignored', reason: `${otherKind}s are not about runs` }
  const identity = readIdentity(value)
  if ('kind' in identity) return identity
  const { time, ...run } = identity
  const raw = storableJson(value)
  const at = believableTime(time, receivedAt)
  const event: RunEvent = {
    id: eventId(raw),
    ...run,
    type: readType(value['eventType']),
    at,
    ...(at === time.iso ? {} : { isReceiptTime: true }),
    ...readAncestors(value, run.runId),
    ...readFacets(raw),
    raw,
  }
  return { kind: 'run', event }
}

/** A forgotten `run` must not look like a JobEvent, so only the schema's name makes it one. */
function kindOtherThanRun(value: Readonly<Record<string, unknown>>): string | null {
  if (Object.hasOwn(value, 'run')) return null
  const { schemaURL, dataset } = value
  const schema =
    typeof schemaURL === 'string' ? schemaURL.slice(schemaURL.lastIndexOf('/') + 1) : ''
  if (schema === 'JobEvent' || schema === 'DatasetEvent') return schema
  return isJsonObject(dataset) ? 'DatasetEvent' : null
}

interface Identity extends RunReference {
  readonly time: EventTime
}

function readIdentity(value: unknown): Identity | InvalidEvent {
  const runId = readRunId(jsonMember(value, 'run'))
  if (runId === null) {
    const message = 'The run has no id; send run.runId as a non-empty string, best a UUID.'
    return invalid('missing_run_id', '/run/runId', message)
  }
  const job = readJob(jsonMember(value, 'job'))
  if (job === null) {
    const message = 'The job has no name; send job.name as a non-empty string.'
    return invalid('missing_job_name', '/job/name', message)
  }
  const eventTime = jsonMember(value, 'eventTime')
  const time = readEventTime(eventTime)
  if (time !== null) return { runId, ...job, time }
  const send = 'send eventTime in ISO 8601, such as 2026-01-28T12:30:45.123Z.'
  return eventTime === undefined || eventTime === null
    ? invalid('missing_event_time', '/eventTime', `The event has no time; ${send}`)
    : invalid('bad_event_time', '/eventTime', `The event's time cannot be read; ${send}`)
}

function readRunId(run: unknown): string | null {
  const runId = jsonMember(run, 'runId')
  // A number is no id: beyond 2^53, JSON would have made two runs one.
  return typeof runId === 'string' && runId !== '' ? canonicalRunId(storableText(runId)) : null
}

function readJob(job: unknown): Pick<RunReference, 'namespace' | 'name'> | null {
  const name = canonicalName(jsonMember(job, 'name'))
  if (name === null) return null
  return { namespace: canonicalName(jsonMember(job, 'namespace')) ?? DEFAULT_NAMESPACE, name }
}

function readType(eventType: unknown): RunEventType {
  const given = typeof eventType === 'string' ? eventType.toUpperCase() : ''
  return RUN_EVENT_TYPES.find((type) => type === given) ?? 'OTHER'
}

/** Old Airflow says `parentRun`, sometimes beside `parent`; a run is never its own ancestor. */
function readAncestors(value: unknown, runId: string): Pick<RunEvent, 'parent' | 'root'> {
  const facets = jsonMember(value, 'run', 'facets')
  const given = [jsonMember(facets, 'parent'), jsonMember(facets, 'parentRun')]
  const parent = firstOtherRun(given, runId)
  const root = firstOtherRun(
    given.map((facet) => jsonMember(facet, 'root')),
    runId,
  )
  return { ...(parent && { parent }), ...(root && { root }) }
}

function firstOtherRun(references: readonly unknown[], ownRunId: string): RunReference | undefined {
  return references.flatMap(readReference).find(({ runId }) => runId !== ownRunId)
}

function readReference(reference: unknown): RunReference[] {
  const runId = readRunId(jsonMember(reference, 'run'))
  const job = readJob(jsonMember(reference, 'job'))
  return runId === null || job === null ? [] : [{ runId, ...job }]
}

function invalid(code: OpenLineageProblem, path: string, message: string): InvalidEvent {
  return { kind: 'invalid', code, message, path }
}
