import type { HealthStatus } from '../../protocol/index.js'
import { severity } from './health-status.js'
import type { JobExpectations, RecentRuns } from './job.js'
import { type Clock, type Lateness, lateness, NOT_LATE } from './lateness.js'
import { endsInProgress, HISTORY_LENGTH, readStreak, tally, type Tally } from './run-history.js'
import { believedUntilAt, SLOW_FACTOR, withTimeOuts } from './time-limits.js'

/**
 * Why a job is as it is. The words never change.
 *
 * - `failed`, `timed_out`, `missed`: the newest runs failed, named after the newest (H4)
 * - `success_rate`: too few of the last 20 runs succeeded (H6)
 * - `recovering`: it was failing and has not succeeded often enough since (H5)
 * - `bad_schedule`: its cron expression or time zone cannot be read
 * - `not_fresh`: its last success is too old (H8)
 * - `slow`: the running or newest run takes much longer than usual (H9)
 * - `data_quality`: a check of its data fails (H12)
 * - `late`: a run is due (H7)
 * - `no_runs`: no run has succeeded or failed yet (H10)
 * - `paused`: somebody paused it (H1)
 * - `ok`: no rule matched (H11)
 */
export type HealthReason =
  | 'failed'
  | 'timed_out'
  | 'missed'
  | 'success_rate'
  | 'recovering'
  | 'bad_schedule'
  | 'not_fresh'
  | 'slow'
  | 'data_quality'
  | 'late'
  | 'no_runs'
  | 'paused'
  | 'ok'

/** How a job is doing. Instants are milliseconds since the epoch. */
export interface JobHealth {
  readonly status: HealthStatus
  /** Every rule that matched, worst first; `['ok']` when none did. */
  readonly reasons: readonly HealthReason[]
  /** How many runs are in progress and within their limits. */
  readonly running: number
  /** The run in progress has gone on, or been silent, for too long to be believed. */
  readonly stale: boolean
  /** The running or newest run takes much longer than usual. */
  readonly slow: boolean
  /** The tick that is awaited, in the past while late; `null` when there is none or nobody knows. */
  readonly nextExpectedAt: number | null
  /** The first tick that nothing answered and that no MISSED run records yet. */
  readonly lateSince: number | null
  /** The ticks that were missed and that no MISSED run records yet. */
  readonly missedAt: readonly number[]
  /** The next instant at which it becomes late or missed if nothing is reported. */
  readonly latenessChangesAt: number | null
  /** Successes among all outcomes of the history, 0 to 1; `null` when there are none. */
  readonly successRate: number | null
}

/** When a job is judged, and what is known of it besides its runs. */
export interface Circumstances extends Clock {
  /** So many checks of its data fail; none unless said. */
  readonly failedChecks?: number
}

/** One rule that matched. */
interface Match {
  readonly status: HealthStatus
  readonly reason: HealthReason
}

/** The history, completed by what the sweeper has still to write, and what the clock says. */
interface Evidence {
  readonly runs: RecentRuns
  readonly late: Lateness
  readonly slow: boolean
  readonly failedChecks: number
  readonly now: number
}

const REASON_OF_FAILURE = { f: 'failed', t: 'timed_out', M: 'missed' } as const
const RATE_WINDOW = 20
const RATE_MIN_OUTCOMES = 5
const FAILING_BELOW_RATE = 0.5
const DEGRADED_BELOW_RATE = 0.8
const OK: readonly HealthReason[] = ['ok']
const PAUSED: readonly HealthReason[] = ['paused']

/**
 * How a job is doing: the worst of all rules that match. It is what it would be if the sweeper had
 * just been by, so nothing depends on when TIMED_OUT and MISSED runs are written, and nothing is
 * counted twice once they are. It never throws.
 */
export function jobHealth(
  job: JobExpectations,
  reported: RecentRuns,
  { now, nextTick, failedChecks = 0 }: Circumstances,
): JobHealth {
  const inTime = withTimeOuts(job, reported, now)
  const busyUntilAt = believedUntilAt(job, inTime)
  const late = job.paused ? NOT_LATE : lateness(job, inTime, { now, nextTick, busyUntilAt })
  const runs = withMissed(inTime, late.missedAt.length)
  const slow = isSlow(runs, now)
  const matches = job.paused ? null : matchRules(job, { runs, late, slow, failedChecks, now })
  return {
    status: matches === null ? 'Paused' : (matches[0]?.status ?? 'Healthy'),
    reasons: matches === null ? PAUSED : reasonsOf(matches),
    running: inTime.running,
    stale: busyUntilAt !== null && now > busyUntilAt,
    slow,
    nextExpectedAt: late.nextExpectedAt,
    lateSince: late.lateSince,
    missedAt: late.missedAt,
    latenessChangesAt: late.changesAt,
    successRate: rateOf(tally(runs.history)),
  }
}

/** Every rule that matches, worst first; rules of one severity in the order of this function. */
function matchRules(job: JobExpectations, evidence: Evidence): readonly Match[] {
  const { runs, late, slow, now } = evidence
  const matches: Match[] = []
  const match = (status: HealthStatus, reason: HealthReason) => matches.push({ status, reason })

  const streak = readStreak(runs.history, job)
  if (streak.newestFailure !== null) {
    const isFailing = streak.failures >= job.failureTolerance
    match(isFailing ? 'Failing' : 'Degraded', REASON_OF_FAILURE[streak.newestFailure])
  }
  const recent = tally(runs.history, RATE_WINDOW)
  const rate = recent.outcomes < RATE_MIN_OUTCOMES ? null : rateOf(recent)
  if (rate !== null && rate < DEGRADED_BELOW_RATE) {
    match(rate < FAILING_BELOW_RATE ? 'Failing' : 'Degraded', 'success_rate')
  }
  if (streak.isRecovering) match('Degraded', 'recovering')
  if (late.isBadSchedule) match('Degraded', 'bad_schedule')
  if (isOlderThan(runs.lastSuccessAt, job.freshnessMs, now)) match('Degraded', 'not_fresh')
  if (slow) match('Degraded', 'slow')
  if (evidence.failedChecks > 0) match('Degraded', 'data_quality')
  if (late.isLate) match('Late', 'late')
  if (recent.outcomes === 0 && !late.isLate) match('Unknown', 'no_runs')
  return matches.sort((one, other) => severity(other.status) - severity(one.status))
}

function reasonsOf(matches: readonly Match[]): readonly HealthReason[] {
  return matches.length === 0 ? OK : matches.map(({ reason }) => reason)
}

/** As if the MISSED runs were written: they are the newest, and took no time. */
function withMissed(runs: RecentRuns, missed: number): RecentRuns {
  if (missed === 0) return runs
  const history = (runs.history + 'M'.repeat(missed)).slice(-HISTORY_LENGTH)
  return { ...runs, history, newestDurationMs: null }
}

/** H9, for the run in progress when it is the newest, else for the newest run. */
function isSlow(runs: RecentRuns, now: number): boolean {
  const startedAt = endsInProgress(runs.history) ? runs.runningStartedAt : null
  const takenMs = startedAt === null ? runs.newestDurationMs : now - startedAt
  return takenMs !== null && runs.usualMs !== null && takenMs > SLOW_FACTOR * runs.usualMs
}

function isOlderThan(at: number | null, limitMs: number | null, now: number): boolean {
  return at !== null && limitMs !== null && now - at > limitMs
}

function rateOf({ outcomes, successes }: Tally): number | null {
  return outcomes === 0 ? null : successes / outcomes
}
