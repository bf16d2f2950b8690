import type { Progress } from './rounds.js'

/** What {@link NearCores} needs of the machine. */
export interface CoreWatch {
  /** Nanoseconds from core to core, as {@link measureCoreDistance} tells. */
  readonly distance: () => Promise<number>
  readonly nowMs: () => number
  readonly wait: (ms: number) => Promise<unknown>
}

/** Cores that share a cache were seen at 28 to 65 ns, others at 180 to 230. */
const FAR_FROM_BEST = 3
const WAIT_MS = 500
/** A machine whose cores lie apart for long is measured as it is. */
const LONGEST_WAIT_MS = 20_000
const MOST_TRIES = 3
const BUDGET_MS = 900_000

/**
 * Measures while the cores are as near each other as they have been in this run; otherwise a ratio
 * says more about where the machine below has put them than about the servers. Where they lie apart
 * before a measurement it waits, where they do after it, it measures again: at most three times, and
 * not for more than a quarter of an hour in all. What was measured with the cores apart all the same
 * is counted, not hidden.
 */
export class NearCores {
  private bestNs = Number.POSITIVE_INFINITY
  private spentMs = 0
  private repeated = 0
  private apart = 0
  private readonly watch: CoreWatch
  private readonly progress: Progress

  constructor(watch: CoreWatch, progress: Progress) {
    this.watch = watch
    this.progress = progress
  }

  /** The result of the last try. */
  async measure<Result>(take: () => Promise<Result>): Promise<Result> {
    await this.untilNear()
    for (let tries = 1; ; tries += 1) {
      const startedAt = this.watch.nowMs()
      const result = await take()
      if (!(await this.isFar())) return result
      if (tries === MOST_TRIES || this.spentMs >= BUDGET_MS) {
        this.apart += 1
        return result
      }
      this.repeated += 1
      this.spentMs += this.watch.nowMs() - startedAt
      await this.untilNear()
    }
  }

  /** One sentence for the report; `undefined` when nothing was measured. */
  describe(): string | undefined {
    if (!Number.isFinite(this.bestNs)) return undefined
    const best = `From core to core it took ${this.bestNs.toFixed(0)} ns at best`
    return `${best}; where it took more than ${FAR_FROM_BEST} × that, it was measured again (${this.repeated} times) or stands all the same (${this.apart} times).`
  }

  private async untilNear(): Promise<void> {
    const startedAt = this.watch.nowMs()
    const elapsed = () => this.watch.nowMs() - startedAt
    let isTold = false
    while (this.spentMs + elapsed() < BUDGET_MS && elapsed() < LONGEST_WAIT_MS) {
      if (!(await this.isFar())) break
      if (!isTold) this.progress('the cores of this machine lie apart: waiting …')
      isTold = true
      await this.watch.wait(WAIT_MS)
    }
    this.spentMs += elapsed()
  }

  private async isFar(): Promise<boolean> {
    const ns = await this.watch.distance()
    this.bestNs = Math.min(this.bestNs, ns)
    return ns > FAR_FROM_BEST * this.bestNs
  }
}
