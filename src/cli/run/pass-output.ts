import type { Readable, Writable } from 'node:stream'

/** One stream of the command's output on its way to ours. */
export interface Passing {
  /**
   * Resolves when everything that the command wrote has been taken by the reader. To be called
   * when the command is over: what holds the stream open then is not the command but something
   * that it left in the background, and for that nobody waits once it is silent.
   */
  readonly finished: () => Promise<void>
}

/** What a command wrote is in the pipe before its end is known, so a short silence is enough. */
const SILENCE_MS = 100

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
  let inFlight = 0
  let lastSignOfLife = performance.now()
  const settle = () => {
    inFlight -= 1
    lastSignOfLife = performance.now()
  }
  source.on('data', (chunk: Buffer) => {
    keep(chunk)
    inFlight += 1
    if (destination.write(chunk, settle)) return
    source.pause()
    destination.once('drain', () => source.resume())
  })
  const abandon = () => {
    inFlight = 0
    source.destroy()
  }
  destination.on('error', abandon)
  source.on('error', abandon)
  const isQuiet = () => performance.now() - lastSignOfLife >= SILENCE_MS
  return {
    finished: () =>
      new Promise((resolve) => {
        lastSignOfLife = performance.now()
        const look = () => {
          if (inFlight > 0) return
          if (!source.destroyed && !source.readableEnded && !isQuiet()) return
          clearInterval(looks)
          destination.off('error', abandon)
          source.destroy()
          resolve()
        }
        const looks = setInterval(look, SILENCE_MS / 4)
        source.once('close', look)
        source.once('end', look)
        look()
      }),
  }
}
