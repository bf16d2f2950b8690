import { SlicedQueue } from './sliced-queue.js'

/** Somebody with deadlines, who is visited when the next of them has come. */
export interface Visited {
  /**
   * Does what is due. It may be called too early, and must not throw.
   *
   * @param now - milliseconds of the ticker's clock.
   * @returns when to come again, by the same clock.
   */
  visit(now: number): number
}

/** So many ticks ahead are told apart; who wants to be visited later is visited once in between. */
const SLOTS = 512

/**
 * One timer for the deadlines of all sockets: each keeps its own cadence and its own end, but ten
 * thousand of them cost neither ten thousand timers nor a look at each of them at each tick. There
 * is no timer while there is nobody to visit.
 */
export class Ticker {
  private readonly resolutionMs: number
  private readonly clock: () => number
  /** Those to be visited at the ticks to come, a ring that begins at `tickNumber`. */
  private readonly slots = Array.from({ length: SLOTS }, () => new Set<Visited>())
  private readonly slotOf = new Map<Visited, Set<Visited>>()
  private readonly due: SlicedQueue<Visited>
  private tickNumber = 0
  private timer: NodeJS.Timeout | undefined

  /**
   * @param resolutionMs - how late a deadline may be noticed.
   * @param clock - milliseconds of a monotonic clock.
   */
  constructor(resolutionMs: number, clock: () => number) {
    this.resolutionMs = resolutionMs
    this.clock = clock
    this.due = new SlicedQueue((visited, now) => this.visit(visited, now), clock)
  }

  /** Visits somebody at an instant, and from then on whenever they want; or moves that instant. */
  schedule(visited: Visited, at: number): void {
    if (this.timer === undefined) {
      this.tickNumber = Math.floor(this.clock() / this.resolutionMs)
      this.timer = setInterval(() => this.tick(), this.resolutionMs)
    }
    this.slotOf.get(visited)?.delete(visited)
    const tick = Math.ceil(at / this.resolutionMs)
    const ahead = Math.min(Math.max(tick - this.tickNumber, 0), SLOTS - 1)
    const slot = this.slotAt(this.tickNumber + ahead)
    slot.add(visited)
    this.slotOf.set(visited, slot)
  }

  /** Visits somebody no more. */
  remove(visited: Visited): void {
    this.slotOf.get(visited)?.delete(visited)
    this.due.delete(visited)
    if (!this.slotOf.delete(visited) || this.slotOf.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  private tick(): void {
    const last = Math.floor(this.clock() / this.resolutionMs)
    const first = Math.max(this.tickNumber, last - SLOTS + 1)
    this.tickNumber = last
    // The first slot once more: who is due again right away waits there.
    for (let tick = first; tick <= last; tick += 1) {
      const slot = this.slotAt(tick)
      const visits = new Set(slot)
      slot.clear()
      this.due.add(visits)
    }
  }

  private visit(visited: Visited, now: number): void {
    const nextAt = visited.visit(now)
    if (this.slotOf.has(visited)) this.schedule(visited, nextAt)
  }

  private slotAt(tick: number): Set<Visited> {
    const slot = this.slots[tick % SLOTS]
    if (slot === undefined) throw new RangeError('ticks are counted from 0')
    return slot
  }
}
