import { randomUUID } from 'node:crypto'
import { eventId } from './event-id.js'
import { canonicalName, DEFAULT_NAMESPACE } from './job-name.js'
import { lastLine, logTail } from './log-tail.js'
import type { RunEvent, RunEventType } from './run-event.js'
import { canonicalRunId } from './run-id.js'
import { storableJson } from './storable-json.js'
import { textHead } from './storable-text.js'

/** What a ping says, in the words of healthchecks.io. */
export type PingSignal = 'start' | 'success' | 'fail' | 'log'

/** A ping as it was meant. */
export interface Ping {
  /** The job's name, in the namespace `default`. */
  readonly slug: string
  readonly signal: PingSignal
  /** 0 to 255; absent when the ping tells of none. */
  readonly exitCode?: number
  /** The caller's own name for the run, a lower-case UUID. */
  readonly rid?: string
  /** Whether a job that is not there yet is to be made. */
  readonly mayCreate: boolean
}

/** The parts of a ping's URL that say what it means. */
export interface PingUrl {
  readonly slug: string
  /** What follows the slug; absent for success. */
  readonly action?: string
  /** The parsed query. */
  readonly query: unknown
}

/** A run that a ping may belong to. */
export interface PingableRun {
  readonly runId: string
  readonly state: string
  /** Whether its start has been reported. */
  readonly hasStart: boolean
  readonly logTail: string | null
}

/** What is known of a job when a ping for it comes. */
export interface PingedJob {
  /** The run that the ping's `rid` names. */
  readonly named: PingableRun | null
  /** The newest run in progress that pings without a `rid` opened. */
  readonly open: PingableRun | null
  /** The newest run, however it was reported, MISSED ones left out. */
  readonly newest: PingableRun | null
}

/** What a ping comes with. */
export interface PingArrival {
  readonly receivedAt: Date
  /** What the run printed; empty when the ping has no body. */
  readonly body: string
  /** `null` when the job is new. */
  readonly job: PingedJob | null
}

const SLUG = /^[a-z0-9_-]{1,512}$/
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const MAX_LINE_LENGTH = 500

/**
 * Reads what a ping means from its URL.
 *
 * @returns `null` when the URL is not in the form of a ping.
 */
export function readPing({ slug, action, query }: PingUrl): Ping | null {
  const { rid, create } = query as { rid?: unknown; create?: unknown }
  const meaning = readAction(action)
  const isRid = rid === undefined || (typeof rid === 'string' && UUID.test(rid))
  if (!SLUG.test(slug) || meaning === null || !isRid) return null
  return {
    slug,
    ...meaning,
    ...(rid === undefined ? {} : { rid: rid.toLowerCase() }),
    mayCreate: create === '1',
  }
}

/**
 * The id of the run that a `rid` names: the version 5 UUID of the job and the `rid`, so that every
 * ping of one run finds it, and two jobs may use one `rid`.
 */
export function ridRunId(slug: string, rid: string): string {
  return canonicalRunId(`pipecast:ping:${DEFAULT_NAMESPACE}/${slug}:${rid}`)
}

/**
 * The run event that a ping is. Two pings are never one event, however alike they are.
 *
 * A ping without a `rid` belongs to the newest run in progress that such pings opened. A start
 * opens another one, unless only logs came so far; a success or failure without one is a run whose
 * start is not known, or ends the newest run after all when the clock had ended it. A log without
 * one is added to the newest run, whatever reported it: it decides nothing.
 */
export function pingEvent(ping: Ping, { receivedAt, body, job }: PingArrival): RunEvent {
  const run = pairedRun(ping, job)
  const runId = run?.runId ?? (ping.rid === undefined ? newRunId() : ridRunId(ping.slug, ping.rid))
  const at = receivedAt.toISOString()
  const tail = logTail(body)
  const raw = storableJson({
    ping: ping.signal,
    job: ping.slug,
    received_at: at,
    nonce: randomUUID(),
    ...(ping.exitCode === undefined ? {} : { exit_code: ping.exitCode }),
    ...(ping.rid === undefined ? {} : { rid: ping.rid }),
    ...(tail === '' ? {} : { body: tail }),
  })
  const error = ping.signal === 'fail' ? failureMessage(ping, tail) : undefined
  return {
    id: eventId(raw),
    namespace: DEFAULT_NAMESPACE,
    name: canonicalName(ping.slug) ?? ping.slug,
    runId,
    type: eventTypes[ping.signal],
    at,
    ...(error === undefined ? {} : { error }),
    ...(ping.exitCode === undefined ? {} : { exitCode: ping.exitCode }),
    ...(tail === '' ? {} : { logTail: logTail(joinLines(run?.logTail ?? '', tail)) }),
    raw,
  }
}

const eventTypes: Readonly<Record<PingSignal, RunEventType>> = {
  start: 'START',
  success: 'COMPLETE',
  fail: 'FAIL',
  log: 'OTHER',
}

function readAction(action = 'success'): Pick<Ping, 'signal' | 'exitCode'> | null {
  if (action === 'success' || action === 'start' || action === 'fail' || action === 'log') {
    return { signal: action }
  }
  const exitCode = /^\d{1,9}$/.test(action) ? Number(action) : Infinity
  return exitCode > 255 ? null : { signal: exitCode === 0 ? 'success' : 'fail', exitCode }
}

/** @returns `null` for a run that is not there yet. */
function pairedRun({ signal, rid }: Ping, job: PingedJob | null): PingableRun | null {
  if (job === null) return null
  if (rid !== undefined) return job.named
  const { open, newest } = job
  switch (signal) {
    case 'start':
      return open?.hasStart === false ? open : null
    case 'log':
      return open ?? newest
    case 'success':
    case 'fail':
      return open ?? (newest !== null && isGivenUp(newest) ? newest : null)
  }
}

/** Our clock ended it; the job itself, which answers at last, knows better. */
function isGivenUp(run: PingableRun): boolean {
  return run.state === 'TIMED_OUT' && isPingRunId(run.runId)
}

/** The version of UUIDs is 8, "for custom use", and tells these runs from all others. */
function newRunId(): string {
  const uuid = randomUUID()
  return `${uuid.slice(0, 14)}8${uuid.slice(15)}`
}

function isPingRunId(runId: string): boolean {
  return runId.charAt(14) === '8'
}

/** Why a run failed, as far as the ping tells: its exit code, and the last line that it printed. */
function failureMessage({ exitCode }: Ping, tail: string): string | undefined {
  const line = textHead(lastLine(tail), MAX_LINE_LENGTH)
  if (exitCode === undefined) return line === '' ? undefined : line
  return line === '' ? `exit code ${exitCode}` : `exit code ${exitCode}: ${line}`
}

function joinLines(before: string, after: string): string {
  return before === '' || before.endsWith('\n') ? before + after : `${before}\n${after}`
}
