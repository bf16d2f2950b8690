/** For so long the event loop may be held up at a time, in milliseconds. */
const SLICE_MS = 4

/**
 * Does something with many items, in slices between which everything else gets its turn: ten
 * thousand sockets must not keep a health check waiting. The first slice is done at once.
 */
export class SlicedQueue<Item> {
  private readonly act: (item: Item, now: number) => void
  private readonly clock: () => number
  private readonly waiting = new Set<Item>()
  private readonly onDone: () => void
  private isScheduled = false

  /**
   * @param act - must not throw; is told the time, so that it need not look for itself.
   * @param clock - milliseconds of a monotonic clock.
   * @param onDone - nothing waits any more.
   */
  constructor(
    act: (item: Item, now: number) => void,
    clock: () => number,
    onDone: () => void = () => undefined,
  ) {
    this.act = act
    this.clock = clock
    this.onDone = onDone
  }

  /** Queues items in their order. One that waits already keeps its position, and its one turn. */
  add(items: Iterable<Item>): void {
    for (const item of items) this.waiting.add(item)
    if (!this.isScheduled) this.work()
  }

  /** Takes an item out, if it waits. */
  delete(item: Item): void {
    this.waiting.delete(item)
  }

  private work(): void {
    const startedAt = this.clock()
    let now = startedAt
    this.isScheduled = true // also while acting: what is added meanwhile waits for its turn
    for (const item of this.waiting) {
      this.waiting.delete(item)
      this.act(item, now)
      now = this.clock()
      if (now - startedAt >= SLICE_MS) break
    }
    this.isScheduled = this.waiting.size > 0
    if (this.isScheduled) setImmediate(() => this.work())
    else this.onDone()
  }
}
