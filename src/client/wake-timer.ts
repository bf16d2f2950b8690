/** A timer that is later or earlier than this tells of a sleep, or of a clock that was set. */
const JUMP_MS = 4_000

/** No timer runs for longer, so that a sleep is noticed soon after it. */
const LONGEST_MS = 5_000

/**
 * Makes a timer: what is returned sets it anew, to ring after so many ms or earlier; `Infinity`
 * never rings.
 *
 * @param ring - hears whether the machine seems to have slept meanwhile.
 */
export function createWakeTimer(ring: (hasJumped: boolean) => void): (waitMs: number) => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  return (waitMs) => {
    clearTimeout(timer)
    if (waitMs === Infinity) return
    const cutMs = Math.min(waitMs, LONGEST_MS)
    const ringsAt = Date.now() + cutMs
    timer = setTimeout(() => ring(Math.abs(Date.now() - ringsAt) > JUMP_MS), cutMs)
  }
}
