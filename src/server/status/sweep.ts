import type { HealthStatus } from '../../protocol/index.js'
import { jobHealth } from './job-health.js'
import type { Clock } from './lateness.js'
import { nextChangeAt } from './next-change.js'
import type { JobFacts } from './status.queries.js'

/** A tick at which a job should have run and did not. */
export interface MissedTick {
  readonly jobId: string
  readonly expectedAt: number
  /** The start of the newest run that was known when this was judged; `null` without one. */
  readonly newestStartedAt: number | null
}

/** How a job is doing, and why. */
export interface JudgedStatus {
  readonly status: HealthStatus
  readonly reasons: readonly string[]
}

/** A job that is doing differently from before. */
export interface StatusChange extends JudgedStatus {
  readonly jobId: string
  /** `null` for a job that was not known before. */
  readonly from: HealthStatus | null
}

/** What is to be written at one instant, and when to look again. */
export interface Sweep {
  readonly missed: readonly MissedTick[]
  readonly changes: readonly StatusChange[]
  /** The next instant at which the clock alone changes something; `null` when there is none. */
  readonly nextAt: number | null
}

/**
 * What the clock says of all jobs. Pure: what the database says, what was known before, the time.
 *
 * @param known - the status of each job as it was last written.
 */
export function sweep(
  jobs: readonly JobFacts[],
  known: ReadonlyMap<string, HealthStatus>,
  clock: Clock,
): Sweep {
  const missed: MissedTick[] = []
  const changes: StatusChange[] = []
  let nextAt: number | null = null
  for (const { id, expectations, runs, quality } of jobs) {
    const health = jobHealth(expectations, runs, { ...clock, failedChecks: quality.failed })
    for (const expectedAt of health.missedAt) {
      missed.push({ jobId: id, expectedAt, newestStartedAt: runs.newestStartedAt })
    }
    const from = known.get(id) ?? null
    if (from !== health.status) {
      changes.push({ jobId: id, from, status: health.status, reasons: health.reasons })
    }
    const at = nextChangeAt(expectations, runs, { health, now: clock.now })
    if (at !== null && (nextAt === null || at < nextAt)) nextAt = at
  }
  return { missed, changes, nextAt }
}
