import type { JobExpectations, RecentRuns } from './job.js'
import type { JobHealth } from './job-health.js'
import { believedUntilAt, SLOW_FACTOR, timeLimitAt } from './time-limits.js'

/**
 * The next instant at which the clock alone may change how a job is doing: when it becomes late or
 * missed, when a run reaches its limit, stops being believed or becomes slow, and when the last
 * success is no longer fresh.
 *
 * @param job - what is expected of it.
 * @param runs - what its runs add up to.
 * @param seen - its health, and the instant at which it was judged.
 * @returns `null` when only a report can change it.
 */
export function nextChangeAt(
  job: JobExpectations,
  runs: RecentRuns,
  seen: { readonly health: JobHealth; readonly now: number },
): number | null {
  if (job.paused) return null
  const believedAt = believedUntilAt(job, runs)
  const candidates = [
    seen.health.latenessChangesAt,
    timeLimitAt(job, runs),
    believedAt === null ? null : believedAt + 1,
    after(runs.lastSuccessAt, job.freshnessMs),
    after(runs.runningStartedAt, runs.usualMs === null ? null : SLOW_FACTOR * runs.usualMs),
  ]
  return candidates.reduce<number | null>((soonest, at) => {
    const isAhead = at !== null && at > seen.now && Number.isFinite(at)
    return isAhead && (soonest === null || at < soonest) ? at : soonest
  }, null)
}

/** The first instant at which more than `limitMs` have passed. */
function after(at: number | null, limitMs: number | null): number | null {
  return at === null || limitMs === null ? null : Math.floor(at + limitMs) + 1
}
