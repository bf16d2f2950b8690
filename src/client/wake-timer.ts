/** A timer that is later or earlier than this tells of a sleep, or of a clock that was set. */
const JUMP_MS = 4_000

/** No timer runs for longer, so that a sleep is noticed soon after it. */
const LONGEST_MS = 5_000

/** One timer, and no more. */
export interface WakeTimer {
  /** Rings after so long, or earlier; replaces what was set before. `Infinity` never rings. */
  set(waitMs: number): void
}

/**
 * Makes a timer.
 *
 * @param ring - hears whether the machine seems to have slept meanwhile.
 */
export function createWakeTimer(ring: (hasJumped: boolean) => void): WakeTimer {
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    set: (waitMs) => {
      clearTimeout(timer)
      if (waitMs === Infinity) return
      const cutMs = Math.min(Math.max(waitMs, 0), LONGEST_MS)
      const ringsAt = Date.now() + cutMs
      timer = setTimeout(() => ring(Math.abs(Date.now() - ringsAt) > JUMP_MS), cutMs)
    },
  }
}
