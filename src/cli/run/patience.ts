/**
 * How much longer we wait once the command is over, for the server and for the reader of our output:
 * - whole: no signal has come since
 * - short: one has, and a moment is left
 * - gone: the moment is over, or another signal came within it
 */
export interface Patience {
  /** Aborted when it is no longer whole. */
  readonly short: AbortSignal
  readonly gone: AbortSignal
  readonly hear: (signal: NodeJS.Signals) => void
  readonly close: () => void
}

/** What asks a process to end; the others are not for us. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP'])

const MOMENT_MS = 1_000

/** A lost terminal, or `timeout`, tells us more than once: signals within this time are one wish. */
const SAME_WISH_MS = 100

/** Patience that is whole. */
export function createPatience(): Patience {
  const short = new AbortController()
  const gone = new AbortController()
  let shortSinceMs = 0
  let moment: NodeJS.Timeout | undefined
  return {
    short: short.signal,
    gone: gone.signal,
    hear: (signal) => {
      if (!ENDING.has(signal)) return
      if (!short.signal.aborted) {
        shortSinceMs = performance.now()
        moment = setTimeout(() => gone.abort(), MOMENT_MS)
        short.abort()
      } else if (performance.now() - shortSinceMs >= SAME_WISH_MS) {
        gone.abort()
      }
    },
    close: () => clearTimeout(moment),
  }
}
