import fc from 'fast-check'
import { RUN_LETTERS } from '../../src/protocol/index.js'
import type { JobExpectations } from '../../src/server/status/job.js'
import { at, type RunRow, run } from './recent-runs.js'

/** In milliseconds. */
export const MINUTE = 60_000

/** The instant at which everything here is looked at. */
export const NOW = at('12:00:00')

/** A whole number of minutes, in milliseconds. */
export const minutes = (min: number, max: number) =>
  fc.integer({ min, max }).map((count) => count * MINUTE)
const optionalMinutes = fc.option(minutes(1, 600))

const schedules = fc.oneof(
  fc.constant(null),
  minutes(1, 600).map((intervalMs) => ({ kind: 'interval', intervalMs }) as const),
  fc
    .constantFrom(
      '* * * * *',
      '0,1 * * * *',
      '*/5 * * * *',
      '0 * * * *',
      '30 3 * * *',
      '0 1,13 * * *',
      'unreadable',
    )
    .map((expression) => ({ kind: 'cron', expression, timezone: 'Europe/Riga' }) as const),
)

/** What may be expected of a job. */
export const jobs: fc.Arbitrary<JobExpectations> = fc.record({
  createdAt: minutes(0, 3000).map((agoMs) => NOW - agoMs),
  expectedSinceAt: fc.option(minutes(0, 3000).map((agoMs) => NOW - agoMs)),
  paused: fc.constant(false),
  processingType: fc.constantFrom('BATCH', 'STREAMING'),
  schedule: schedules,
  graceMs: minutes(0, 60),
  maxRuntimeMs: optionalMinutes,
  heartbeatTimeoutMs: optionalMinutes,
  failureTolerance: fc.integer({ min: 1, max: 5 }),
  recoveryThreshold: fc.integer({ min: 1, max: 5 }),
  freshnessMs: optionalMinutes,
})

/** Runs that start at most once a minute in the two days before now, and end before now. */
export const histories: fc.Arbitrary<readonly RunRow[]> = fc
  .array(
    fc.record({
      state: fc.constantFrom(...(Object.keys(RUN_LETTERS) as (keyof typeof RUN_LETTERS)[])),
      startedAt: minutes(1, 2880).map((agoMs) => NOW - agoMs),
      tookMs: minutes(0, 90),
      runId: fc.uuid(),
    }),
    { maxLength: 100 },
  )
  .map((drafts) =>
    drafts.map(({ state, startedAt, tookMs, runId }) =>
      ['NEW', 'RUNNING'].includes(state)
        ? run(state, startedAt, { runId, heardAt: Math.min(NOW, startedAt + tookMs) })
        : run(state, startedAt, { runId, endedAt: Math.min(NOW, startedAt + tookMs) }),
    ),
  )
