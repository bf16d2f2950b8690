import type { JobExpectations, RecentRuns } from './job.js'
import { endsInProgress } from './run-history.js'

/** A run that takes more than so many times its usual time is slow (H9). */
export const SLOW_FACTOR = 1.5

const HOUR_MS = 3_600_000

/** A run of which nobody promised a heartbeat is believed for this long after it was heard of. */
const SILENCE_MS = 15 * 60_000

/**
 * The runs as they stand once the sweeper has been by (H2): a run in progress that reached its
 * maximum runtime, or the end of its heartbeat's patience, has timed out at that instant. So the
 * health of a job does not depend on when, or whether, the sweeper comes.
 *
 * Only the newest run in progress is known by its times. When it is out of time, so are those that
 * started before it; an older one alone is left to the sweeper.
 */
export function withTimeOuts(job: JobExpectations, runs: RecentRuns, now: number): RecentRuns {
  const timedOutAt = timeLimitAt(job, runs)
  if (timedOutAt === null || now < timedOutAt) return runs
  const ended = {
    ...runs,
    history: runs.history.replace(/[nr]/g, 't'),
    running: 0,
    runningStartedAt: null,
    runningHeardAt: null,
  }
  const startedAt = runs.newestStartedAt
  if (startedAt === null || !endsInProgress(runs.history)) return ended
  return { ...ended, newestEndedAt: timedOutAt, newestDurationMs: timedOutAt - startedAt }
}

/**
 * The last instant at which a run in progress is believed though nobody set it a limit; after it
 * the run is stale. Every run is believed for 15 minutes after it was heard of, and a batch run, of
 * which many say nothing until they end, for an hour or three times the longest success as well.
 *
 * @returns `null` when no run is in progress, `Infinity` when its own limit decides (H2).
 */
export function believedUntilAt(job: JobExpectations, runs: RecentRuns): number | null {
  if (runs.running === 0) return null
  if (job.heartbeatTimeoutMs !== null) return Infinity
  const startedAt = runs.runningStartedAt
  const heardUntilAt = sum(runs.runningHeardAt ?? startedAt, SILENCE_MS)
  if (job.processingType === 'STREAMING') return heardUntilAt ?? Infinity
  if (job.maxRuntimeMs !== null) return Infinity
  const usualUntilAt = sum(startedAt, Math.max(HOUR_MS, 3 * (runs.longestSuccessMs ?? 0)))
  return usualUntilAt === null ? Infinity : Math.max(usualUntilAt, heardUntilAt ?? usualUntilAt)
}

/** When the newest run in progress is out of time; `null` without a run or without a limit. */
export function timeLimitAt(job: JobExpectations, runs: RecentRuns): number | null {
  if (runs.running === 0) return null
  const startedAt = runs.runningStartedAt
  const heardAt = runs.runningHeardAt ?? startedAt
  const runtimeEndsAt = sum(startedAt, job.maxRuntimeMs)
  const silenceEndsAt = sum(heardAt, job.heartbeatTimeoutMs)
  if (runtimeEndsAt === null) return silenceEndsAt
  return silenceEndsAt === null ? runtimeEndsAt : Math.min(runtimeEndsAt, silenceEndsAt)
}

function sum(at: number | null, limitMs: number | null): number | null {
  return at === null || limitMs === null ? null : at + limitMs
}
