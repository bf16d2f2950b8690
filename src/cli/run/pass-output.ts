import type { Readable, Writable } from 'node:stream'

/** One stream of the command's output on its way to ours. */
export interface Passing {
  /**
   * Resolves when everything that the command wrote has been taken by the reader. To be called
   * when the command is over: what holds the stream open then is not the command but something
   * that it left in the background. For that nobody waits once it is silent, nor for long while it
   * is not; then the stream is closed to it.
   *
   * @param gone - aborted when nothing is to be waited for any more.
   * @returns false when something is left that the reader has not taken.
   */
  readonly finished: (gone: AbortSignal) => Promise<boolean>
}

/** What a command wrote is in the pipe before its end is known, so a short silence is enough. */
const SILENCE_MS = 100
const LOOK_MS = SILENCE_MS / 4

/** How long to listen to what is never silent. */
const CHATTER_MS = 2_000

/** Twice what Linux lets a pipe hold: what comes behind so much, the command has not written. */
const MAX_LEFT_BYTES = 2_097_152

interface Progress {
  /** Chunks that the reader has not taken yet. */
  inFlight: number
  lastSignOfLife: number
  /** How much is still read. */
  bytesLeft: number
}

/**
 * Passes a stream on byte for byte, and reads no faster than the other side takes. When the
 * reader goes, the source is closed: the command meets the closed pipe as it would without us.
 *
 * @param keep - sees each chunk first.
 */
export function passOutput(
  source: Readable,
  destination: Writable,
  keep: (chunk: Buffer) => void,
): Passing {
  const progress: Progress = {
    inFlight: 0,
    lastSignOfLife: performance.now(),
    bytesLeft: Number.POSITIVE_INFINITY,
  }
  const settle = () => {
    progress.inFlight -= 1
    progress.lastSignOfLife = performance.now()
  }
  source.on('data', (chunk: Buffer) => {
    keep(chunk)
    progress.inFlight += 1
    progress.bytesLeft -= chunk.length
    const isTaken = destination.write(chunk, settle)
    if (progress.bytesLeft <= 0) source.destroy()
    if (isTaken) return
    source.pause()
    destination.once('drain', () => source.resume())
  })
  const abandon = () => {
    progress.inFlight = 0
    source.destroy()
  }
  destination.on('error', abandon)
  source.on('error', abandon)
  return {
    finished: async (gone) => {
      await leftBehindPassed(source, progress, gone)
      destination.off('error', abandon)
      source.destroy()
      return progress.inFlight <= 0
    },
  }
}

/** Resolves when what was in the pipe at the end of the command has been taken, or on the signal. */
function leftBehindPassed(source: Readable, progress: Progress, gone: AbortSignal): Promise<void> {
  progress.lastSignOfLife = performance.now()
  progress.bytesLeft = MAX_LEFT_BYTES
  let looksLeft = CHATTER_MS / LOOK_MS
  return new Promise((resolve) => {
    const look = () => {
      // Only looks that find the reader idle count, and each of them is followed by another read:
      // a reader that is slow, or stalls, loses nothing.
      if (progress.inFlight > 0 && !gone.aborted) return
      looksLeft -= 1
      const isQuiet = performance.now() - progress.lastSignOfLife >= SILENCE_MS
      const isClosed = source.destroyed || source.readableEnded
      if (!gone.aborted && !isClosed && !isQuiet && looksLeft > 0) return
      clearInterval(looks)
      gone.removeEventListener('abort', look)
      resolve()
    }
    const looks = setInterval(look, LOOK_MS)
    source.once('close', look)
    source.once('end', look)
    gone.addEventListener('abort', look)
    look()
  })
}
