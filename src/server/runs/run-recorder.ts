import { type DatabaseFailure, databaseFailure } from '../database/database-error.js'
import type { RunEvent } from './run-event.js'
import { encodeRunEvent } from './runs.queries.js'

/** The database is away or too busy; nothing was recorded, and the reporter should send again. */
export class RecordingUnavailableError extends Error {
  override readonly name = 'RecordingUnavailableError'
  readonly code = 'recording_unavailable'
}

/** Postgres does not take this event; sending it again is of no use. */
export class EventRejectedError extends Error {
  override readonly name = 'EventRejectedError'
  readonly code = 'event_rejected'
}

/** Records run events: a resolved promise means committed. */
export interface RunRecorder {
  /**
   * @throws RecordingUnavailableError when the database is away or too many events wait.
   * @throws EventRejectedError when Postgres does not take the event.
   */
  record(event: RunEvent): Promise<void>
}

/** What a recorder needs. */
export interface RunRecorderOptions {
  /** Writes encoded events in one transaction. */
  readonly write: (encoded: readonly string[]) => Promise<void>
  /** So many events may wait while one transaction is on its way. */
  readonly maxWaiting?: number
}

const MAX_WAITING = 5_000
const MAX_BATCH_EVENTS = 500
const MAX_BATCH_CHARACTERS = 4_000_000
const MAX_CONFLICTS = 5

interface Waiting {
  readonly encoded: string
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** So long the next transaction waits for events of those whose last ones it has just written. */
const LINGER_MS = 2

/**
 * Makes the recorder. One transaction is on its way at a time, and the next one takes the events that
 * came meanwhile: the busier it gets, the less each event costs. Reporters who have just been answered
 * are about to send the next event; unless more than those wait already, it lingers for them, because
 * a transaction costs nearly as much as the events in it. When Postgres rejects one of several events,
 * they are written one by one, so that a bad one hurts only itself.
 */
export function createRunRecorder(options: RunRecorderOptions): RunRecorder {
  const waiting: Waiting[] = []
  let isWriting = false
  let wanted = 1
  let lingering: NodeJS.Timeout | undefined

  const writeWhatWaits = async () => {
    clearTimeout(lingering)
    isWriting = true
    const batch = takeBatch(waiting)
    const answerAll = await writeBatch(batch, options.write)
    isWriting = false
    wanted = eventsWorthWaitingFor(batch.length, waiting.length)
    if (wanted > 1) lingering = setTimeout(lingerNoMore, LINGER_MS)
    goOn()
    answerAll()
  }
  const lingerNoMore = () => {
    wanted = 1
    goOn()
  }
  const goOn = () => {
    if (!isWriting && waiting.length >= wanted) void writeWhatWaits()
  }
  return {
    record: (event) => {
      if (waiting.length >= (options.maxWaiting ?? MAX_WAITING)) {
        return Promise.reject(new RecordingUnavailableError('too many events wait; send it again'))
      }
      return new Promise((resolve, reject) => {
        waiting.push({ encoded: encodeRunEvent(event), resolve, reject })
        goOn()
      })
    },
  }
}

/** How many are to wait before they are written, when so many were just written and so many wait. */
function eventsWorthWaitingFor(written: number, waiting: number): number {
  if (waiting > written) return 1
  return Math.min(written + waiting, MAX_BATCH_EVENTS)
}

/** As many of the oldest as make one transaction of a sensible size; at least one. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  let characters = 0
  const end = waiting.findIndex((item, index) => {
    characters += item.encoded.length
    return index >= MAX_BATCH_EVENTS || (index > 0 && characters > MAX_BATCH_CHARACTERS)
  })
  return waiting.splice(0, end === -1 ? waiting.length : end)
}

/** Never rejects. @returns what answers those of the reporters who are not answered yet. */
async function writeBatch(
  batch: readonly Waiting[],
  write: RunRecorderOptions['write'],
): Promise<() => void> {
  const failure = await attempt(batch, write)
  if (failure?.kind === 'rejected' && batch.length > 1) {
    for (const item of batch) {
      const answer = await writeBatch([item], write)
      answer()
    }
    return () => undefined
  }
  return () => {
    for (const item of batch) {
      if (failure === null) item.resolve()
      else item.reject(toError(failure))
    }
  }
}

interface Failure {
  readonly kind: DatabaseFailure
  readonly cause: unknown
}

async function attempt(
  batch: readonly Waiting[],
  write: RunRecorderOptions['write'],
): Promise<Failure | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      await write(batch.map((item) => item.encoded))
      return null
    } catch (cause) {
      const kind = databaseFailure(cause)
      if (kind !== 'conflict' || tries === MAX_CONFLICTS) return { kind, cause }
    }
  }
}

function toError({ kind, cause }: Failure): Error {
  switch (kind) {
    case 'rejected':
      return new EventRejectedError('the database does not take this event', { cause })
    case 'unavailable':
    case 'conflict':
      return new RecordingUnavailableError('the database cannot record it now; send it again', {
        cause,
      })
    case 'bug':
      return cause instanceof Error ? cause : new Error(String(cause))
  }
}
