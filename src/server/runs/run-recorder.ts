import { performance } from 'node:perf_hooks'
import { BatchWriter, type WaitingEvent, type WriteEvents } from './batch-writer.js'
import { RecordingUnavailableError } from './recording-errors.js'
import type { RunEvent } from './run-event.js'
import { encodeRunEvent } from './runs.queries.js'

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
  readonly write: WriteEvents
  /** So long a transaction waits for a lock that another session keeps on one of its jobs. */
  readonly lockWaitMs?: number
  /** So many events may wait while one transaction is on its way. */
  readonly maxWaiting?: number
  /** So many characters may they have together; an event before which nothing waits is always taken. */
  readonly maxWaitingCharacters?: number
  /** Monotonic, in milliseconds. */
  readonly clock?: () => number
}

const MAX_WAITING = 5_000
const MAX_WAITING_CHARACTERS = 64_000_000
const MAX_BATCH_EVENTS = 500
const MAX_BATCH_CHARACTERS = 4_000_000
const LOCK_WAIT_MS = 500

/** So long the next transaction waits for events of those whose last ones it has just written. */
const LINGER_MS = 2

/**
 * Makes the recorder. One transaction is on its way at a time, and the next one takes the events that
 * came meanwhile: the busier it gets, the less each event costs. Reporters who have just been answered
 * are about to send the next event; unless more than those wait already, it lingers for them, because
 * a transaction costs nearly as much as the events in it.
 */
export function createRunRecorder(options: RunRecorderOptions): RunRecorder {
  const { maxWaiting = MAX_WAITING, maxWaitingCharacters = MAX_WAITING_CHARACTERS } = options
  const waiting: WaitingEvent[] = []
  let waitingCharacters = 0
  const writer = new BatchWriter({
    write: options.write,
    lockWaitMs: options.lockWaitMs ?? LOCK_WAIT_MS,
    clock: options.clock ?? (() => performance.now()),
  })
  let isWriting = false
  let wanted = 1
  let lingering: NodeJS.Timeout | undefined

  const writeWhatWaits = async () => {
    clearTimeout(lingering)
    isWriting = true
    const batch = takeBatch(waiting)
    waitingCharacters -= charactersOf(batch)
    const answerAll = await writer.write(batch)
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
    record: async (event) => {
      if (waiting.length >= maxWaiting) throw tooManyWait()
      const job = `${event.namespace}\0${event.name}` // neither of them holds a NUL
      if (writer.isResting(job)) {
        throw new RecordingUnavailableError('its job is locked; send it again')
      }
      const encoded = encodeRunEvent(event)
      const characters = waitingCharacters + encoded.length
      if (waiting.length > 0 && characters > maxWaitingCharacters) throw tooManyWait()
      waitingCharacters = characters
      return new Promise((resolve, reject) => {
        waiting.push({ job, encoded, resolve, reject })
        goOn()
      })
    },
  }
}

function tooManyWait(): RecordingUnavailableError {
  return new RecordingUnavailableError('too many events wait; send it again')
}

function charactersOf(events: readonly WaitingEvent[]): number {
  return events.reduce((sum, { encoded }) => sum + encoded.length, 0)
}

/** How many are to wait before they are written, when so many were just written and so many wait. */
function eventsWorthWaitingFor(written: number, waiting: number): number {
  if (waiting > written) return 1
  return Math.min(written + waiting, MAX_BATCH_EVENTS)
}

/** As many of the oldest as make one transaction of a sensible size; at least one. */
function takeBatch(waiting: WaitingEvent[]): WaitingEvent[] {
  let characters = 0
  const end = waiting.findIndex((item, index) => {
    characters += item.encoded.length
    return index >= MAX_BATCH_EVENTS || (index > 0 && characters > MAX_BATCH_CHARACTERS)
  })
  return waiting.splice(0, end === -1 ? waiting.length : end)
}
