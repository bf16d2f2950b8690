import type { PollResult } from './poll-health.js'

/** How polling goes. */
export interface PollingOptions {
  /** From losing the socket to the first poll, in milliseconds. */
  readonly firstAfterMs: number
  /** From the end of one poll to the next, and the longest that one poll may take. */
  readonly everyMs: number
  readonly poll: (signal: AbortSignal) => Promise<PollResult>
  readonly onResult: (result: PollResult) => void
}

/** Polls while the socket is away. */
export interface Polling {
  /** Begins; without effect while it goes on, so a failed reconnect does not delay a poll. */
  readonly start: () => void
  /** Ends, and forgets the answer under way: the socket knows better. */
  readonly stop: () => void
}

/** Creates the poller; it does nothing until it is started. */
export function createPolling(options: PollingOptions): Polling {
  let stretch: AbortController | null = null
  let timer: NodeJS.Timeout | undefined

  const pollOnce = async (ending: AbortSignal) => {
    const timeLimit = AbortSignal.timeout(options.everyMs)
    const result = await options.poll(AbortSignal.any([ending, timeLimit]))
    if (ending.aborted) return
    options.onResult(result)
    schedule(options.everyMs, ending)
  }
  const schedule = (afterMs: number, ending: AbortSignal) => {
    timer = setTimeout(() => void pollOnce(ending), afterMs)
  }
  return {
    start: () => {
      if (stretch !== null) return
      stretch = new AbortController()
      schedule(options.firstAfterMs, stretch.signal)
    },
    stop: () => {
      clearTimeout(timer)
      stretch?.abort()
      stretch = null
    },
  }
}
