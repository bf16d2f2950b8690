import { type DatabaseFailure, databaseFailure } from '../database/database-error.js'
import { LockedJobs } from './locked-jobs.js'
import { EventRejectedError, RecordingUnavailableError } from './recording-errors.js'

/** Writes encoded events in one transaction, and waits for no lock any longer than so. */
export type WriteEvents = (encoded: readonly string[], lockWaitMs: number) => Promise<void>

/** An event to be written, and how its reporter is answered. */
export interface WaitingEvent {
  /** Names its job: equal for the events of one job, and for them alone. */
  readonly job: string
  readonly encoded: string
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** What a writer needs. */
export interface BatchWriterOptions {
  readonly write: WriteEvents
  /** So long events that are written together wait for a lock. */
  readonly lockWaitMs: number
  /** Monotonic, in milliseconds. */
  readonly clock: () => number
}

/** So long events wait for a lock once one was met: all others wait for them. */
const BRIEF_LOCK_WAIT_MS = 20

/** So long a batch that met a lock may take; what has not been tried by then is to be sent again. */
const APART_MS = 1_000

/** Into so many parts events are divided that met a lock, to find out whose it is. */
const PARTS = 8

const MAX_CONFLICTS = 5

interface Failure {
  readonly kind: DatabaseFailure
  readonly cause?: unknown
}

/** The events of some jobs, by job. */
type Piece = readonly (readonly WaitingEvent[])[]

/**
 * Writes batches, one at a time, and answers the reporters of their events. A batch is one
 * transaction, unless Postgres rejects one of its events or another session keeps a lock on one of
 * its jobs: then it is divided, so that either hurts only itself.
 */
export class BatchWriter {
  readonly #options: BatchWriterOptions
  readonly #locked: LockedJobs

  constructor(options: BatchWriterOptions) {
    this.#options = options
    this.#locked = new LockedJobs(options.clock)
  }

  /** Whether an event of this job need not be tried now: another session keeps a lock on it. */
  isResting(job: string): boolean {
    return this.#locked.isResting(job)
  }

  /** Never rejects. @returns what answers those of the reporters who are not answered yet. */
  async write(batch: readonly WaitingEvent[]): Promise<() => void> {
    const [suspects, others] = partition(batch, ({ job }) => this.#locked.has(job))
    if (suspects.length === 0) return this.#writeTogether(batch)
    if (others.length > 0) (await this.#writeTogether(others))()
    const [resting, toTry] = partition(suspects, ({ job }) => this.isResting(job))
    answer(resting, { kind: 'locked' })
    await this.#writeApart(byJob(toTry).map((events) => [events]))
    return nobody
  }

  async #writeTogether(batch: readonly WaitingEvent[]): Promise<() => void> {
    const failure = await this.#attempt(batch, this.#options.lockWaitMs)
    if (failure?.kind === 'locked') {
      await this.#writeApart(divide(byJob(batch)))
      return nobody
    }
    if (failure?.kind === 'rejected' && batch.length > 1) {
      await this.#writeOneByOne(batch)
      return nobody
    }
    return () => answer(batch, failure)
  }

  /** Large parts come first, so most are answered before the last lock is found. */
  async #writeApart(pieces: readonly Piece[]): Promise<void> {
    const deadlineMs = this.#options.clock() + APART_MS
    const queue = [...pieces]
    for (const piece of queue) {
      const events = piece.flat()
      if (this.#options.clock() > deadlineMs) {
        answer(events, { kind: 'unavailable' })
        continue
      }
      const failure = await this.#attempt(events, BRIEF_LOCK_WAIT_MS)
      if (failure?.kind === 'locked' && piece.length > 1) queue.push(...divide(piece))
      else if (failure?.kind === 'rejected' && events.length > 1) await this.#writeOneByOne(events)
      else answer(events, failure)
    }
  }

  async #writeOneByOne(events: readonly WaitingEvent[]): Promise<void> {
    let { lockWaitMs } = this.#options
    for (const event of events) {
      const failure = this.isResting(event.job)
        ? ({ kind: 'locked' } as const)
        : await this.#attempt([event], lockWaitMs)
      if (failure?.kind === 'locked') lockWaitMs = BRIEF_LOCK_WAIT_MS
      answer([event], failure)
    }
  }

  async #attempt(events: readonly WaitingEvent[], lockWaitMs: number): Promise<Failure | null> {
    const failure = await attempt(() =>
      this.#options.write(
        events.map(({ encoded }) => encoded),
        lockWaitMs,
      ),
    )
    this.#learn(events, failure)
    return failure
  }

  /** Of events of several jobs a lock says nothing: it is one of them. */
  #learn(events: readonly WaitingEvent[], failure: Failure | null): void {
    const [first] = events
    if (failure === null) for (const { job } of events) this.#locked.delete(job)
    else if (failure.kind === 'locked' && events.every(({ job }) => job === first?.job)) {
      this.#locked.add(first?.job ?? '')
    }
  }
}

function nobody(): void {
  // All of them are answered.
}

/** Asks of each once, because the answer depends on the clock. */
function partition(
  events: readonly WaitingEvent[],
  isFirst: (event: WaitingEvent) => boolean,
): [WaitingEvent[], WaitingEvent[]] {
  const parts: [WaitingEvent[], WaitingEvent[]] = [[], []]
  for (const event of events) parts[isFirst(event) ? 0 : 1].push(event)
  return parts
}

function byJob(events: readonly WaitingEvent[]): Piece {
  const groups = new Map<string, WaitingEvent[]>()
  for (const event of events) {
    const group = groups.get(event.job)
    if (group === undefined) groups.set(event.job, [event])
    else group.push(event)
  }
  return [...groups.values()]
}

function divide(piece: Piece): Piece[] {
  const size = Math.ceil(piece.length / PARTS)
  return Array.from({ length: Math.ceil(piece.length / size) }, (_, part) =>
    piece.slice(part * size, (part + 1) * size),
  )
}

async function attempt(write: () => Promise<void>): Promise<Failure | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      await write()
      return null
    } catch (cause) {
      const kind = databaseFailure(cause)
      if (kind !== 'conflict' || tries === MAX_CONFLICTS) return { kind, cause }
    }
  }
}

function answer(events: readonly WaitingEvent[], failure: Failure | null): void {
  for (const event of events) {
    if (failure === null) event.resolve()
    else event.reject(toError(failure))
  }
}

function toError({ kind, cause }: Failure): Error {
  switch (kind) {
    case 'rejected':
      return new EventRejectedError('the database does not take this event', { cause })
    case 'locked':
      return new RecordingUnavailableError('another session keeps its job locked; send it again', {
        cause,
      })
    case 'unavailable':
    case 'conflict':
      return new RecordingUnavailableError('the database cannot record it now; send it again', {
        cause,
      })
    case 'bug':
      return cause instanceof Error ? cause : new Error(String(cause))
  }
}
