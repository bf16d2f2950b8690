/** For each locked job one attempt is made in so much time. */
const REST_MS = 250

/** The longest rest, however many jobs are locked. */
const MAX_REST_MS = 5_000

/** A job that nobody has reported on for so long after its rest is forgotten. */
const FORGOTTEN_AFTER_MS = 10_000

/**
 * The jobs on which another session keeps a lock, as far as we have met it. After each attempt in
 * vain a job rests, the longer the more of them there are: so all of them together take the same
 * small part of the time, and what is reported on other jobs waits no longer.
 */
export class LockedJobs {
  readonly #restsUntilMs = new Map<string, number>()
  readonly #clock: () => number

  /** @param clock - monotonic, in milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** Whether the last attempt at it was in vain. */
  has(job: string): boolean {
    return this.#restsUntilMs.has(job)
  }

  /** Whether it is too early for another attempt. */
  isResting(job: string): boolean {
    const untilMs = this.#restsUntilMs.get(job)
    return untilMs !== undefined && untilMs > this.#clock()
  }

  /** An attempt was in vain. */
  add(job: string): void {
    const nowMs = this.#clock()
    for (const [other, untilMs] of this.#restsUntilMs) {
      if (untilMs + FORGOTTEN_AFTER_MS < nowMs) this.#restsUntilMs.delete(other)
    }
    this.#restsUntilMs.delete(job)
    const restMs = Math.min(MAX_REST_MS, REST_MS * (this.#restsUntilMs.size + 1))
    this.#restsUntilMs.set(job, nowMs + restMs)
  }

  /** An attempt has succeeded. */
  delete(job: string): void {
    this.#restsUntilMs.delete(job)
  }
}
