import type { JobExpectations, RecentRuns, Schedule } from './job.js'
import { HISTORY_LENGTH } from './run-history.js'
import type { NextTick } from './schedule.js'

/** The time of a reading, and who reads cron schedules. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly nextTick: NextTick
}

/** A reading of the clock, beside what the run in progress says. */
interface Reading extends Clock {
  /** The last instant at which the run in progress is believed; `null` when there is no such run. */
  readonly busyUntilAt: number | null
}

/** How a job stands against its schedule. Instants are milliseconds since the epoch. */
export interface Lateness {
  /** The schedule cannot be read, so nothing can be said. */
  readonly isBadSchedule: boolean
  /** Ticks whose deadline has passed without a run and that no MISSED run records yet. */
  readonly missedAt: readonly number[]
  /** A run is due now, and its deadline is still to come. */
  readonly isLate: boolean
  /** The first tick that is late or one of `missedAt`. */
  readonly lateSince: number | null
  /** The tick that is awaited; in the past while late. */
  readonly nextExpectedAt: number | null
  /** The next instant at which the clock alone changes any of this; `null` when there is none. */
  readonly changesAt: number | null
}

/** Without a schedule nothing is late. */
export const NOT_LATE: Lateness = {
  isBadSchedule: false,
  missedAt: [],
  isLate: false,
  lateSince: null,
  nextExpectedAt: null,
  changesAt: null,
}

const BAD_SCHEDULE: Lateness = { ...NOT_LATE, isBadSchedule: true }

/** The last one that a Date can hold. */
const LAST_INSTANT = 8.64e15

/** A scheduler may be this much early and the tick still counts as served. */
const EARLY_START_MS = 60_000

/** The least time between two ticks of a cron schedule. */
const MINUTE_MS = 60_000

/**
 * Compares what was promised with what ran (D1–D4, H3, H7). Exactly the expected instant is late,
 * exactly the deadline is missed.
 *
 * When several ticks passed in silence, each one past its deadline is counted, just as the sweeper
 * writes one MISSED run for each: at 15:30, a job due hourly and silent since 12:00 has missed
 * 13:00, 14:00 and 15:00 and awaits 16:00, whether none, some or all of the three are written.
 * At most 90 are counted; a job silent for longer awaits nothing that could be named.
 *
 * While a run is in progress lateness is suspended, and once the expected instant has passed,
 * nobody knows the next one until that run ends. A run that is no longer believed may have ended
 * unseen: the next is then expected as if it had ended when it was last believed.
 */
export function lateness(
  job: JobExpectations,
  runs: RecentRuns,
  { now, nextTick, busyUntilAt }: Reading,
): Lateness {
  const { schedule } = job
  if (schedule === null) return NOT_LATE
  const expectedAt = firstExpectedAt(schedule, job, { runs, nextTick })
  if (expectedAt === null) return BAD_SCHEDULE
  if (now < expectedAt) return { ...NOT_LATE, nextExpectedAt: expectedAt, changesAt: expectedAt }
  const dueAt =
    busyUntilAt !== null && busyUntilAt >= expectedAt
      ? dueAfter(schedule, busyUntilAt, nextTick)
      : expectedAt
  if (dueAt === null || now < dueAt) return { ...NOT_LATE, changesAt: dueAt }
  return overdue(job, schedule, { now, nextTick, dueAt })
}

/** Finds the ticks from `dueAt` on whose deadline has passed. */
function overdue(
  { graceMs }: JobExpectations,
  schedule: Schedule,
  { now, nextTick, dueAt }: Clock & { readonly dueAt: number },
): Lateness {
  let awaitedAt: number | null = dueAt
  const missedAt: number[] = []
  while (awaitedAt !== null && now >= awaitedAt + graceMs) {
    missedAt.push(awaitedAt)
    awaitedAt = missedAt.length < HISTORY_LENGTH ? dueAfter(schedule, awaitedAt, nextTick) : null
  }
  const isLate = awaitedAt !== null && now >= awaitedAt
  const changesAt = awaitedAt !== null && isLate ? awaitedAt + graceMs : awaitedAt
  const nextExpectedAt = awaitedAt
  return { isBadSchedule: false, missedAt, isLate, lateSince: dueAt, nextExpectedAt, changesAt }
}

/**
 * D1 and D2; a run that outlasted its own next tick is followed by the tick after its end. While
 * the job was paused or had another schedule nothing was expected of it, so no tick of that time is.
 */
function firstExpectedAt(
  schedule: Schedule,
  { createdAt, expectedSinceAt }: JobExpectations,
  { runs, nextTick }: { readonly runs: RecentRuns; readonly nextTick: NextTick },
): number | null {
  const { newestStartedAt: startedAt, newestEndedAt: endedAt } = runs
  const isStart = startedAt !== null && !runs.history.endsWith('M')
  const afterRunAt = isStart
    ? dueAfterStart(schedule, startedAt, nextTick)
    : dueAfter(schedule, startedAt ?? endedAt ?? createdAt, nextTick)
  const afterChangeAt =
    expectedSinceAt === null ? afterRunAt : dueAfter(schedule, expectedSinceAt, nextTick)
  if (afterRunAt === null || afterChangeAt === null) return null
  const expectedAt = Math.max(afterRunAt, afterChangeAt)
  if (endedAt === null || endedAt <= expectedAt) return expectedAt
  return dueAfter(schedule, endedAt, nextTick)
}

/**
 * A start shortly before a tick serves that tick. Where ticks are a minute apart it belongs to the
 * nearer of the two that it lies between, or else each would take the next one with it.
 */
function dueAfterStart(schedule: Schedule, startedAt: number, nextTick: NextTick): number | null {
  const dueAt = dueAfter(schedule, startedAt, nextTick)
  if (dueAt === null || schedule.kind === 'interval') return dueAt
  const earlyMs = dueAt - startedAt
  if (earlyMs > EARLY_START_MS) return dueAt
  const isTickBefore = nextTick(schedule, dueAt - MINUTE_MS - 1) === dueAt - MINUTE_MS
  return isTickBefore && earlyMs > MINUTE_MS / 2 ? dueAt : nextTick(schedule, dueAt)
}

function dueAfter(schedule: Schedule, at: number, nextTick: NextTick): number | null {
  if (schedule.kind === 'cron') return nextTick(schedule, at)
  const dueAt = at + schedule.intervalMs
  // One schedule of a million years must not cost all other jobs their board.
  return schedule.intervalMs > 0 && dueAt <= LAST_INSTANT ? dueAt : null
}
