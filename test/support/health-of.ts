import type { JobExpectations } from '../../src/server/status/job.js'
import { type JobHealth, jobHealth } from '../../src/server/status/job-health.js'
import { createScheduleReader } from '../../src/server/status/schedule.js'
import { jobWith, type RunRow, recentRuns } from './recent-runs.js'

/** The health of a job that expects this, and nothing else, with these runs, at an instant. */
export function healthOf(
  expectations: Partial<JobExpectations>,
  rows: readonly RunRow[],
  now: number,
): JobHealth {
  const clock = { now, nextTick: createScheduleReader() }
  return jobHealth(jobWith(expectations), recentRuns(rows), clock)
}
