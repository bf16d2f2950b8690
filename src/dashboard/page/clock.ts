/** The one clock of the page. */
export interface Clock {
  /** This machine's time, ms since 1970. */
  readonly now: () => number
  /** The server's time as the board shows it: it stands still while the data is out of date. */
  readonly boardNow: () => number
  /** Called every second, and when the board's time stops or goes on. @returns what ends it. */
  readonly onTick: (listener: () => void) => () => void
  /** How far the server's clock is ahead of this one, in milliseconds. */
  readonly setSkewMs: (skewMs: number) => void
  /** Stops the board's time at an instant of this machine's, unless it is; `null` lets it go on. */
  readonly stopAt: (at: number | null) => void
}

/** What the clock runs on. */
export interface Timers {
  readonly now: () => number
  /** Calls again and again, every `everyMs`. */
  readonly repeat: (action: () => void, everyMs: number) => void
}

/** Starts the clock of the page; it runs as long as the page does. */
export function startClock({ now, repeat }: Timers): Clock {
  const listeners = new Set<() => void>()
  let skewMs = 0
  let stoppedAt: number | null = null
  const tick = () => {
    for (const listener of [...listeners]) listener()
  }
  repeat(tick, 1_000)
  return {
    now,
    boardNow: () => (stoppedAt ?? now()) + skewMs,
    onTick: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    setSkewMs: (ms) => {
      skewMs = ms
    },
    stopAt: (at) => {
      if ((at === null) === (stoppedAt === null)) return
      stoppedAt = at
      tick()
    },
  }
}
