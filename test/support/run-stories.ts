import fc from 'fast-check'
import type { RunEvent, RunEventType } from '../../src/server/runs/run-event.js'
import { JOBS } from './job-pasts.js'
import { type AboutEvent, instant, runEvent, runIdOf } from './run-events.js'

/** What is reported; runs that begin and end are most of it. */
const REPORTS = [
  ...(['begin', 'begin', 'begin', 'begin', 'end', 'end', 'end', 'end'] as const),
  ...(['tell at once', 'announce', 'start', 'beat', 'repeat', 'correct'] as const),
]

const JOB_ID = `pipecast.job_id('default', $1)`

/** What the clock, retention and people with a console do, of a job at a time. */
const STATEMENTS = {
  miss: `SELECT pipecast.miss_run(${JOB_ID}, $2::timestamptz)`,
  'time out': `UPDATE pipecast.run SET state = 'TIMED_OUT', decided_at = 'infinity', ended_at = $2
    WHERE state = 'RUNNING' AND job_id = ${JOB_ID}`,
  remove: `DELETE FROM pipecast.run WHERE run_id IN (
    SELECT run_id FROM pipecast.run WHERE job_id = ${JOB_ID} AND started_at < $2
    ORDER BY started_at LIMIT 3)`,
  'set back': `UPDATE pipecast.run SET last_received_at = last_received_at - interval '1 hour'
    WHERE job_id = ${JOB_ID} AND started_at < $2 AND state = 'RUNNING'`,
  disown: `UPDATE pipecast.run SET state = 'COMPLETED', ended_at = $2, parent_job_id = NULL
    WHERE job_id = ${JOB_ID} AND state = 'RUNNING'`,
  explain: `UPDATE pipecast.run SET error_message = 'as of ' || $2
    WHERE job_id = ${JOB_ID} AND state <> 'RUNNING'`,
  guess: `UPDATE pipecast.run SET has_start = NOT has_start
    WHERE job_id = ${JOB_ID} AND started_at <= $2`,
}

/** One thing that happens, mostly in the order of time. */
export interface Move {
  readonly does: (typeof REPORTS)[number] | keyof typeof STATEMENTS
  readonly job: (typeof JOBS)[number]
  readonly outcome: 'COMPLETE' | 'FAIL' | 'ABORT'
  /** Minutes after the move before it: 1, or the same instant, or some minutes before it. */
  readonly minutes: number
  /** Below which parent run; few, so that some runs are attempts of one thing. */
  readonly parent: number | null
  /** Which of the open or known runs. */
  readonly choice: number
  /** Whether it goes into the same transaction as the move before it. */
  readonly isTogether: boolean
}

const interferences = Object.keys(STATEMENTS) as (keyof typeof STATEMENTS)[]

/** Stories of runs: most begin, and end well. */
export const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    does: fc.constantFrom(...REPORTS, ...interferences),
    job: fc.constantFrom(...JOBS),
    outcome: fc.constantFrom('COMPLETE', 'COMPLETE', 'COMPLETE', 'COMPLETE', 'FAIL', 'ABORT'),
    minutes: fc.constantFrom(1, 1, 1, 1, 1, 1, 0, 0, -4),
    parent: fc.option(fc.integer({ min: 0, max: 2 }), { freq: 2 }),
    choice: fc.nat(1_000),
    isTogether: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
)

/** What goes to the database at once. */
export type Batch =
  | { readonly kind: 'events'; readonly events: readonly RunEvent[] }
  | { readonly kind: 'statement'; readonly statement: string; readonly values: readonly string[] }

/**
 * What a story becomes: events that share transactions, and statements of their own.
 *
 * @param lane - stories in different lanes tell of different runs.
 */
export function batchesOf(story: readonly Move[], lane = 0): Batch[] {
  const teller = new Teller(lane)
  const batches: Batch[] = []
  let minute = 0
  for (const move of story) {
    minute += move.minutes
    if (isInterference(move.does)) {
      const values = [move.job, instant(timeOf(minute))]
      batches.push({ kind: 'statement', statement: STATEMENTS[move.does], values })
      continue
    }
    const event = teller.tell(move, timeOf(minute))
    if (event === undefined) continue
    const last = batches.at(-1)
    const isJoined = move.isTogether && last?.kind === 'events'
    if (isJoined) batches[batches.length - 1] = { ...last, events: [...last.events, event] }
    else batches.push({ kind: 'events', events: [event] })
  }
  return batches
}

function isInterference(does: Move['does']): does is keyof typeof STATEMENTS {
  return does in STATEMENTS
}

/** So many minutes after 10:00, by the clock. */
function timeOf(minute: number): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  const ofDay = 600 + minute
  return `${pad(Math.floor(ofDay / 60))}:${pad(ofDay % 60)}:00`
}

/** Turns moves into events, and remembers the runs that it has told of. */
class Teller {
  readonly #lane: number
  readonly #told: RunEvent[] = []
  readonly #known: AboutEvent[] = []
  readonly #open: AboutEvent[] = []

  constructor(lane: number) {
    this.#lane = lane
  }

  /** @returns undefined when there is no run yet that this could happen to. */
  tell(move: Move, time: string): RunEvent | undefined {
    if (move.does === 'repeat') return chosen(this.#told, move)
    const run = this.#runOf(move)
    if (run === undefined) return undefined
    const event = runEvent(typeOf(move), time, run)
    this.#told.push(event)
    return event
  }

  #runOf(move: Move): AboutEvent | undefined {
    if (move.does === 'start') return chosen(this.#open, move)
    if (move.does === 'end') return this.#open.splice(move.choice % (this.#open.length || 1), 1)[0]
    if (move.does === 'beat' || move.does === 'correct') return chosen(this.#known, move)
    const run = this.#newRun(move)
    this.#known.push(run)
    if (move.does !== 'tell at once') this.#open.push(run)
    return run
  }

  #newRun({ job, parent }: Move): AboutEvent {
    const runId = runIdOf(10_000 * (this.#lane + 1) + this.#known.length)
    if (parent === null) return { runId, name: job }
    const above = { runId: runIdOf(900 + parent), namespace: 'default', name: 'nightly' }
    return { runId, name: job, parent: above }
  }
}

function chosen<T>(some: readonly T[], { choice }: Move): T | undefined {
  return some[choice % some.length]
}

function typeOf({ does, outcome }: Move): RunEventType {
  if (does === 'begin' || does === 'start') return 'START'
  if (does === 'announce') return 'OTHER'
  return does === 'beat' ? 'RUNNING' : outcome
}
