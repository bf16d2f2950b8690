import type { HealthStatus } from '../../protocol/index.js'
import { keepCleaning, type Removal } from './cleaner.js'
import { nap } from './nap.js'
import type { NextTick } from './schedule.js'
import type { JobFacts } from './status.queries.js'
import { type Sweep, sweep } from './sweep.js'
import type { SweepMoment } from './sweeper.queries.js'

/** What the sweeper needs of the database and the clock. */
export interface SweeperOptions {
  readonly readJobs: () => Promise<readonly JobFacts[]>
  readonly readKnown: () => Promise<ReadonlyMap<string, HealthStatus>>
  readonly timeOut: (now: Date) => Promise<void>
  /** Resolves with how many jobs it has passed over, because another session has locked them. */
  readonly write: (sweep: Sweep, moment: SweepMoment) => Promise<number>
  readonly removals: readonly Removal[]
  readonly now: () => Date
  readonly nextTick: NextTick
  readonly log: { warn(about: object, message: string): void }
}

/** Writes what the clock says. */
export interface Sweeper {
  /** Sweeps until the signal fires; to be called by one process at a time. */
  lead(signal: AbortSignal): Promise<void>
  /** Something was committed that may bring a deadline forward. */
  hint(): void
}

/** A sweep that a hint asks for comes this much later, and takes all hints until then with it. */
const HINT_PAUSE_MS = 1_000
/** Deadlines that are close together share a sweep: the usual end of short runs is always near. */
const MIN_PAUSE_MS = 250
/** A job that was passed over is looked at again so much later: no hint tells of a lock's end. */
const LOCKED_PAUSE_MS = 1_000
/** A timer may fire so much before the wall clock is there, and would find nothing to do yet. */
const TIMER_EARLY_MS = 2
/** At the latest after so long the sweeper looks again: a hint may be lost. */
const MAX_PAUSE_MS = 30_000

/**
 * Makes the sweeper. It sleeps until the next deadline of any job, not in steps, and then writes
 * MISSED and TIMED_OUT runs and each change of a status.
 */
export function createSweeper(options: SweeperOptions): Sweeper {
  let wake: () => void = () => undefined
  const keepSweeping = async (signal: AbortSignal) => {
    let known: Map<string, HealthStatus> | null = null
    while (!signal.aborted) {
      // Before the look, so that what is committed during it is not overlooked.
      const hinted = new Promise<void>((resolve) => {
        wake = resolve
      })
      let nextAt: number | null = null
      try {
        known ??= new Map(await options.readKnown())
        nextAt = await sweepOnce(options, known, signal)
      } catch (error) {
        known = null // how much of it was written is not known
        options.log.warn({ reason: (error as Error).message }, 'a sweep failed; it is repeated')
      }
      const dueInMs = (nextAt ?? Infinity) + TIMER_EARLY_MS - options.now().getTime()
      const pauseMs = Math.min(Math.max(MIN_PAUSE_MS, dueInMs), MAX_PAUSE_MS)
      await firstOf(signal, [
        (ended) => nap(pauseMs, ended),
        (ended) => hinted.then(() => nap(HINT_PAUSE_MS, ended)),
      ])
    }
  }
  return {
    lead: async (signal) => {
      await Promise.all([keepSweeping(signal), keepCleaning({ ...options, nap }, signal)])
    },
    hint: () => wake(),
  }
}

/**
 * Looks at all jobs once and writes what the clock says of them.
 *
 * @param known - the status of each job as it was last written; kept up to date.
 * @param signal - leaves what is not written yet to whoever leads next.
 * @returns when to look again: at the next instant at which the clock changes something, or sooner
 * for what could not be written yet; `null` when there is none.
 */
export async function sweepOnce(
  options: SweeperOptions,
  known: Map<string, HealthStatus>,
  signal: AbortSignal,
): Promise<number | null> {
  const now = options.now()
  await options.timeOut(now)
  const jobs = await options.readJobs()
  const result = sweep(jobs, known, { now: now.getTime(), nextTick: options.nextTick })
  const hasNews = result.missed.length > 0 || result.changes.length > 0
  const passedOver = hasNews ? await options.write(result, { now, signal }) : 0
  for (const { jobId, status } of result.changes) known.set(jobId, status)
  if (passedOver === 0) return result.nextAt
  return Math.min(result.nextAt ?? Infinity, now.getTime() + LOCKED_PAUSE_MS)
}

/** Resolves with the first, and ends the others. */
async function firstOf(
  signal: AbortSignal,
  waits: readonly ((ended: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const over = new AbortController()
  const ended = AbortSignal.any([signal, over.signal])
  await Promise.race(waits.map((wait) => wait(ended)))
  over.abort()
}
