import { Cron, CronDate } from 'croner'

import type { Schedule } from './job.js'

/** A schedule of local clock times. */
export type CronSchedule = Extract<Schedule, { readonly kind: 'cron' }>

/**
 * The first tick strictly after an instant, in milliseconds since the epoch.
 *
 * @returns `null` when the schedule cannot be read or the instant is beyond the year 2998. It
 *   never throws.
 */
export type NextTick = (cron: CronSchedule, afterAt: number) => number | null

/** A cron expression or a time zone cannot be read: whoever wrote it must correct it. */
export class BadScheduleError extends Error {
  override readonly name = 'BadScheduleError'
  readonly code = 'BAD_SCHEDULE'

  constructor(cron: CronSchedule, why: string, options?: ErrorOptions) {
    super(
      `The schedule "${cron.expression}" in the time zone "${cron.timezone}" cannot be used: ${why}. ` +
        'Give five cron fields, such as "30 3 * * *", and an IANA zone, such as Europe/Riga.',
      options,
    )
  }
}

/** Every schedule costs some hundred bytes; beyond this many the oldest is read anew. */
const MAX_SCHEDULES = 4096

/** As many ticks as a history has letters, so that a job that missed them all stays cheap. */
const MAX_GAPS = 100

/** Before it, croner searches for seconds; no run of ours is older. */
const FIRST_INSTANT_AT = 0

/** A year later, croner finds nothing any more. */
const END_OF_TIME_AT = Date.UTC(2999, 0, 1)

const MINUTE_MS = 60_000

/** From `afterAt` on and before `dueAt` there is no tick, so one answer serves all of it. */
interface Gap {
  afterAt: number
  readonly dueAt: number
}

/**
 * Checks a schedule before it is stored: five fields or a nickname such as `@daily`, an IANA zone,
 * and at least one tick to come (not so for 30 February).
 *
 * @throws BadScheduleError when any of that does not hold.
 */
export function parseCron(expression: string, timezone: string): CronSchedule {
  const cron: CronSchedule = { kind: 'cron', expression, timezone }
  if (timezone === '') throw new BadScheduleError(cron, 'the time zone is empty')
  let firstTick: Date | null
  try {
    const parsed = open(cron)
    // croner takes a date as well, for a job that runs once.
    firstTick = parsed.getOnce() === null ? parsed.nextRun(new Date(FIRST_INSTANT_AT)) : null
  } catch (cause) {
    throw new BadScheduleError(cron, cause instanceof Error ? cause.message : 'it is malformed', {
      cause,
    })
  }
  if (firstTick === null) throw new BadScheduleError(cron, 'it never comes round')
  return cron
}

/**
 * Makes a reader of schedules that remembers its answers. It keeps the gaps between ticks and not
 * croner's objects: those take 80 kB each and 60 µs to ask, while all jobs of one schedule wait in
 * the same few gaps.
 *
 * Exactly one due time for each local tick that exists: a tick inside the hour that the clocks
 * skip is not due that day (some schedulers run it later and some not at all, and an early run is
 * never held against a job). In the hour that the clocks repeat, an expression that names its
 * hours is due in the first pass only, and one with a wildcard or a step for the hour in both.
 */
export function createScheduleReader(): NextTick {
  const gapsBySchedule = new Map<string, Gap[] | null>()

  function gapsOf(cron: CronSchedule): Gap[] | null {
    const key = `${cron.timezone}\n${cron.expression}`
    const known = gapsBySchedule.get(key)
    if (known !== undefined) return known
    const gaps = isReadable(cron) ? [] : null
    const [oldest] = gapsBySchedule.keys()
    if (gapsBySchedule.size >= MAX_SCHEDULES && oldest !== undefined) gapsBySchedule.delete(oldest)
    gapsBySchedule.set(key, gaps)
    return gaps
  }

  return (cron, afterAt) => {
    const gaps = gapsOf(cron)
    if (gaps === null || !(afterAt < END_OF_TIME_AT)) return null
    // Ticks fall on whole minutes, so all instants of one minute wait for the same tick.
    const instant = Math.max(afterAt, FIRST_INSTANT_AT)
    const fromAt = instant - (instant % MINUTE_MS)
    const known = gaps.find((gap) => gap.afterAt <= fromAt && fromAt < gap.dueAt)
    if (known !== undefined) return known.dueAt
    const dueAt = firstTickAfter(cron, fromAt)
    if (dueAt !== null) remember(gaps, { afterAt: fromAt, dueAt })
    return dueAt
  }
}

function remember(gaps: Gap[], gap: Gap): void {
  const same = gaps.find(({ dueAt }) => dueAt === gap.dueAt)
  if (same !== undefined) {
    same.afterAt = gap.afterAt // it was outside the known part, so it lies before it
    return
  }
  if (gaps.length >= MAX_GAPS) gaps.shift()
  gaps.push(gap)
}

function firstTickAfter(cron: CronSchedule, afterAt: number): number | null {
  const parsed = open(cron)
  const namesItsHours = /^\s*\S+\s+[^\s*?/]+\s/.test(cron.expression)
  let tick = parsed.nextRun(new Date(afterAt))
  // croner moves a daily tick that the clocks skip to the end of the gap, where nothing matches.
  while (
    tick !== null &&
    (!parsed.match(tick) || (namesItsHours && isSecondPass(tick, cron.timezone)))
  ) {
    tick = parsed.nextRun(tick)
  }
  return tick === null ? null : tick.getTime()
}

/** The clocks went back, and showed this local time once before. */
function isSecondPass(tick: Date, timezone: string): boolean {
  const local = new CronDate(tick, timezone)
  const fields = [local.month + 1, local.day, local.hour, local.minute, local.second]
  const [month, day, hour, minute, second] = fields.map((field) => String(field).padStart(2, '0'))
  const text = `${local.year}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}`
  return new CronDate(text, timezone).getTime() < tick.getTime()
}

function open(cron: CronSchedule): Cron {
  return new Cron(cron.expression, { timezone: cron.timezone, mode: '5-part', paused: true })
}

function isReadable(cron: CronSchedule): boolean {
  try {
    parseCron(cron.expression, cron.timezone)
    return true
  } catch (error) {
    if (error instanceof BadScheduleError) return false
    throw error
  }
}
