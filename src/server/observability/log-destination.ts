import pino, { type DestinationStream } from 'pino'

/** Where the lines of the log go. */
export interface LogDestination extends DestinationStream {
  /** Writes what was gathered, now; pino asks for it after a fatal line. */
  flushSync(): void
}

/** A line leaves after so long at the latest. */
const GATHER_MS = 20
/** So much leaves at once. */
const GATHER_CHARACTERS = 4_096

/**
 * Gathers lines, so that in a rush many leave with one write. What is still gathered when the
 * process ends is written then, however it ends, but for SIGKILL.
 *
 * The writes are synchronous: of one that was under way elsewhere nobody could know at the end how
 * much of it has left.
 *
 * @param fd - 1 is stdout.
 */
export function createLogDestination(fd: number): LogDestination {
  const file = pino.destination({ dest: fd, sync: true })
  let gathered = ''
  let isDue = false
  const flushSync = () => {
    if (gathered === '') return
    const lines = gathered
    gathered = ''
    file.write(lines)
  }
  const flushWhenDue = () => {
    isDue = false
    flushSync()
  }
  process.once('exit', flushSync)
  return {
    write: (line) => {
      gathered += line
      if (gathered.length >= GATHER_CHARACTERS) flushSync()
      else if (!isDue) {
        isDue = true
        setTimeout(flushWhenDue, GATHER_MS).unref()
      }
    },
    flushSync,
  }
}
