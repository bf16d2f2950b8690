import { writeSync } from 'node:fs'
import type { DestinationStream } from 'pino'

/** Where the lines of the log go. */
export interface LogDestination extends DestinationStream {
  /** Writes what was gathered, now; pino asks for it after a fatal line. */
  flushSync(): void
}

/** A line leaves after so long at the latest, when somebody reads. */
const GATHER_MS = 20
/** So much leaves at once. */
const GATHER_CHARACTERS = 4_096
/** A reader may be behind by so much before the process waits for it. */
const MAX_WAITING_CHARACTERS = 1_048_576
/** Between two looks whether the reader has gone on, while the process waits. */
const WAIT_MS = 5

/**
 * Gathers lines, so that in a rush many leave with one write. What is still gathered when the
 * process ends is written then, however it ends, but for SIGKILL.
 *
 * The writes are synchronous: of one that was under way elsewhere nobody could know at the end how
 * much of it has left. Nobody waits for a reader that is a little behind; for one that has stopped
 * everybody does, since no line is to be lost.
 *
 * @param fd - 1 is stdout.
 */
export function createLogDestination(fd: number): LogDestination {
  let gathered = ''
  let unread: Buffer = Buffer.alloc(0)
  let isDue = false
  /** @returns whether all has left. */
  const writeGathered = () => {
    if (gathered !== '') unread = Buffer.concat([unread, Buffer.from(gathered)])
    gathered = ''
    let written = unread.length
    while (unread.length > 0 && written > 0) {
      written = writeSome(fd, unread)
      unread = unread.subarray(written)
    }
    return unread.length === 0
  }
  const flushSync = () => {
    while (!writeGathered()) wait(WAIT_MS)
  }
  const writeSoon = () => {
    if (isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      if (!writeGathered()) writeSoon()
    }, GATHER_MS).unref()
  }
  process.once('exit', flushSync)
  return {
    write: (line) => {
      gathered += line
      if (unread.length + gathered.length >= MAX_WAITING_CHARACTERS) flushSync()
      else if (unread.length > 0 || gathered.length < GATHER_CHARACTERS) writeSoon()
      else if (!writeGathered()) writeSoon()
    },
    flushSync,
  }
}

/** @returns how many bytes have left; 0 while the reader is behind. */
function writeSome(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A reader that is gone, a disk that is full: there is nobody to tell, and what the log is about
    // goes on. What could not be written is lost; the next line is tried again.
    return code === 'EAGAIN' ? 0 : bytes.length
  }
}

function wait(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
