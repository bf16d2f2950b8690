import { formatIsoDuration, parseIsoDuration } from './iso-duration.js'
import { redactText } from './redact.js'
import { storableText } from './storable-text.js'

/** When a job is expected to run. */
export type JobSchedule =
  | { readonly kind: 'interval'; readonly intervalMs: number }
  | { readonly kind: 'cron'; readonly expression: string; readonly timezone: string }

/** What people say of a job: its description, and what is expected of it. `null` is not set. */
export interface JobExpectations {
  readonly description: string | null
  readonly schedule: JobSchedule | null
  readonly graceMs: number
  readonly maxRuntimeMs: number | null
  readonly heartbeatTimeoutMs: number | null
  readonly failureTolerance: number
  readonly recoveryThreshold: number
  readonly freshnessMs: number | null
  readonly paused: boolean
}

/** What changes of them: a member that is absent keeps its value. */
export type ExpectationsChange = Partial<JobExpectations>

/**
 * The same as it stands in JSON: durations in ISO 8601. In a request, what is absent keeps its
 * value, and null is the default.
 */
export interface ExpectationsJson {
  readonly description?: string | null
  readonly schedule?: ScheduleJson | null
  readonly grace?: string | null
  readonly max_runtime?: string | null
  readonly heartbeat_timeout?: string | null
  readonly failure_tolerance?: number | null
  readonly recovery_threshold?: number | null
  readonly freshness?: string | null
  readonly paused?: boolean | null
}

/** Either an interval, or a cron expression with its time zone (UTC when there is none). */
export interface ScheduleJson {
  readonly interval?: string | null
  readonly cron?: string | null
  readonly timezone?: string | null
}

/** A member that is wrong. */
export interface Problem {
  /** Where, as a JSON pointer. */
  readonly path: string
  /** What is wrong with it, and what to send. */
  readonly message: string
}

/** What is expected of a job of which nobody has said anything. */
export const DEFAULT_EXPECTATIONS: JobExpectations = {
  description: null,
  schedule: null,
  graceMs: 300_000,
  maxRuntimeMs: null,
  heartbeatTimeoutMs: null,
  failureTolerance: 1,
  recoveryThreshold: 1,
  freshnessMs: null,
  paused: false,
}

/** Ten years: longer than anybody waits, and well within what Postgres can add to an instant. */
const MAX_DURATION_MS = 3_660 * 86_400_000

/** Each tick that is missed becomes a row, so they must not come faster than rows can be written. */
const MIN_INTERVAL_MS = 1_000

const EVERY_MINUTE = '* * * * *'

/** Says what is wrong with a cron expression or its time zone; `null` when both are good. */
export type BadCronReason = (expression: string, timezone: string) => string | null

/**
 * Reads what is to change of what is expected of a job, where each member is of its type already.
 *
 * @returns the members that were sent, and every problem: they count only when there is none.
 */
export function readExpectations(
  json: ExpectationsJson,
  badCronReason: BadCronReason,
): { readonly change: ExpectationsChange; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const read: Reader = {
    badCronReason,
    report: (path, message) => {
      problems.push({ path, message })
      return null
    },
    duration: (path, text, minMs = 1) => {
      if (text == null) return null
      const durationMs = parseIsoDuration(text)
      const isGood = durationMs !== null && durationMs >= minMs && durationMs <= MAX_DURATION_MS
      return isGood ? durationMs : read.report(path, durationHint(minMs))
    },
  }
  return { change: readChange(json, read), problems }
}

function readChange(json: ExpectationsJson, read: Reader): ExpectationsChange {
  const readings: { readonly [Key in keyof ExpectationsJson]-?: () => ExpectationsChange } = {
    description: () => ({ description: readDescription(json.description) }),
    schedule: () => ({
      schedule: json.schedule == null ? null : readSchedule(json.schedule, read),
    }),
    grace: () => ({
      graceMs: read.duration('/grace', json.grace, 0) ?? DEFAULT_EXPECTATIONS.graceMs,
    }),
    max_runtime: () => ({ maxRuntimeMs: read.duration('/max_runtime', json.max_runtime) }),
    heartbeat_timeout: () => ({
      heartbeatTimeoutMs: read.duration('/heartbeat_timeout', json.heartbeat_timeout),
    }),
    failure_tolerance: () => ({
      failureTolerance: json.failure_tolerance ?? DEFAULT_EXPECTATIONS.failureTolerance,
    }),
    recovery_threshold: () => ({
      recoveryThreshold: json.recovery_threshold ?? DEFAULT_EXPECTATIONS.recoveryThreshold,
    }),
    freshness: () => ({ freshnessMs: read.duration('/freshness', json.freshness) }),
    paused: () => ({ paused: json.paused ?? DEFAULT_EXPECTATIONS.paused }),
  }
  const members = Object.keys(readings) as (keyof ExpectationsJson)[]
  const sent = members.filter((member) => json[member] !== undefined)
  return Object.assign({}, ...sent.map((member) => readings[member]())) as ExpectationsChange
}

/** Reads values, and notes what is wrong with them; `null` is not set, or wrong. */
interface Reader {
  readonly badCronReason: BadCronReason
  readonly report: (path: string, message: string) => null
  readonly duration: (
    path: string,
    text: string | null | undefined,
    minMs?: number,
  ) => number | null
}

function readSchedule(
  { interval, cron, timezone }: ScheduleJson,
  read: Reader,
): JobSchedule | null {
  if ((interval == null) === (cron == null)) {
    return read.report('/schedule', 'send either interval or cron')
  }
  if (cron == null) {
    if (timezone != null) read.report('/schedule/timezone', 'only cron has a time zone')
    const intervalMs = read.duration('/schedule/interval', interval, MIN_INTERVAL_MS)
    return intervalMs === null ? null : { kind: 'interval', intervalMs }
  }
  return readCron({ kind: 'cron', expression: cron, timezone: timezone ?? 'UTC' }, read)
}

/** A time zone that is wrong is told apart from an expression that is. */
function readCron(
  schedule: Extract<JobSchedule, { kind: 'cron' }>,
  { badCronReason, report }: Reader,
): JobSchedule | null {
  const { expression, timezone } = schedule
  const isZone = badCronReason(EVERY_MINUTE, timezone) === null
  if (!isZone) report('/schedule/timezone', 'send an IANA time zone, such as Europe/Riga')
  const reason = badCronReason(expression, isZone ? timezone : 'UTC')
  if (reason !== null) report('/schedule/cron', reason)
  return isZone && reason === null ? schedule : null
}

/** In words, where a number would say less. */
const LEAST: Readonly<Record<number, string>> = { 0: 'zero or longer', 1: 'longer than zero' }

function durationHint(minMs: number): string {
  const least = LEAST[minMs] ?? `${formatIsoDuration(minMs)} or longer`
  const most = formatIsoDuration(MAX_DURATION_MS)
  return `send a duration in ISO 8601, ${least} and up to ${most}, such as PT5M`
}

/** Writes them as they may be sent again; what is not set is absent. */
export function expectationsJson(expectations: JobExpectations): ExpectationsJson {
  const { description, schedule, maxRuntimeMs, heartbeatTimeoutMs, freshnessMs } = expectations
  return {
    ...(description === null ? {} : { description }),
    ...(schedule === null ? {} : { schedule: scheduleJson(schedule) }),
    grace: formatIsoDuration(expectations.graceMs),
    ...(maxRuntimeMs === null ? {} : { max_runtime: formatIsoDuration(maxRuntimeMs) }),
    ...(heartbeatTimeoutMs === null
      ? {}
      : { heartbeat_timeout: formatIsoDuration(heartbeatTimeoutMs) }),
    failure_tolerance: expectations.failureTolerance,
    recovery_threshold: expectations.recoveryThreshold,
    ...(freshnessMs === null ? {} : { freshness: formatIsoDuration(freshnessMs) }),
    paused: expectations.paused,
  }
}

function scheduleJson(schedule: JobSchedule): ScheduleJson {
  return schedule.kind === 'interval'
    ? { interval: formatIsoDuration(schedule.intervalMs) }
    : { cron: schedule.expression, timezone: schedule.timezone }
}

/** A description is shown to everybody. */
function readDescription(text: string | null | undefined): string | null {
  return text == null || text === '' ? null : redactText(storableText(text))
}
