/** Something with deadlines of its own, asked now and then whether one has come. */
export type Step = (now: number) => void

/**
 * One timer for the deadlines of all sockets: each socket keeps its own cadence and its own end,
 * but ten thousand of them do not cost ten thousand timers. There is no timer while there is no
 * step.
 */
export class Ticker {
  private readonly steps = new Set<Step>()
  private readonly resolutionMs: number
  private readonly clock: () => number
  private timer: NodeJS.Timeout | undefined

  /**
   * @param resolutionMs - how late a deadline may be noticed.
   * @param clock - milliseconds of a monotonic clock.
   */
  constructor(resolutionMs: number, clock: () => number) {
    this.resolutionMs = resolutionMs
    this.clock = clock
  }

  /** Calls the step at each tick until the signal fires. A step must not throw. */
  add(step: Step, signal: AbortSignal): void {
    if (signal.aborted) return
    this.steps.add(step)
    this.timer ??= setInterval(() => this.tick(), this.resolutionMs)
    const remove = () => {
      this.steps.delete(step)
      if (this.steps.size > 0) return
      clearInterval(this.timer)
      this.timer = undefined
    }
    signal.addEventListener('abort', remove, { once: true })
  }

  private tick(): void {
    const now = this.clock()
    for (const step of this.steps) step(now)
  }
}
