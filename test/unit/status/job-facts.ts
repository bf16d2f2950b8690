import { createScheduleReader } from '../../../src/server/status/schedule.js'
import type { JobFacts, StatusFacts } from '../../../src/server/status/status.queries.js'
import { jobWith, type RunRow, recentRuns } from '../../support/recent-runs.js'

/** A job of the namespace `default` without runs, except for what a test says. */
export function job(
  name: string,
  facts: Partial<Omit<JobFacts, 'runs'>> & { readonly runs?: readonly RunRow[] } = {},
): JobFacts {
  const { runs, ...rest } = facts
  return {
    id: `id-of-${name}`,
    parentId: null,
    namespace: 'default',
    name,
    expectations: jobWith(),
    newestState: null,
    newestError: null,
    failingSince: null,
    recordsTotal: 0,
    recordsAt: null,
    quality: { checks: 0, failed: 0, failing: [] },
    ...rest,
    runs: recentRuns(runs ?? []),
  }
}

/** What the database says when these are all its jobs, and nothing ended lately. */
export function factsOf(jobs: readonly JobFacts[], more: Partial<StatusFacts> = {}): StatusFacts {
  const totals = { runs24h: 0, failed24h: 0, records24h: 0, recordsLastHour: 0 }
  return { jobs, totals, queues: [], recoveries: new Map(), ...more }
}

/** A reading of the clock, with a reader of schedules. */
export function clockAt(now: number) {
  return { now, nextTick: createScheduleReader() }
}
