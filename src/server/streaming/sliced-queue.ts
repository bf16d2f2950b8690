/** For so long the event loop may be held up at a time, in milliseconds. */
const SLICE_MS = 4

/**
 * Does something with many items, in slices between which everything else gets its turn: ten
 * thousand sockets must not keep a health check waiting. The first slice is done at once.
 */
export class SlicedQueue<Item> {
  private readonly act: (item: Item, now: number) => void
  private readonly clock: () => number
  private readonly onDone: () => void
  /** An array, from `position` on: to fill and empty a set costs as much as all else that is done here. */
  private line: readonly Item[] = []
  private position = 0
  /** Those in the line who have left. */
  private readonly gone = new Set<Item>()
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
  add(items: ReadonlySet<Item>): void {
    const waiting = this.waiting()
    this.line = waiting.length === 0 ? [...items] : [...new Set([...waiting, ...items])]
    this.position = 0
    this.gone.clear()
    if (!this.isScheduled) this.work()
  }

  /** Takes an item out, if it waits. */
  delete(item: Item): void {
    if (this.position < this.line.length) this.gone.add(item)
  }

  private waiting(): readonly Item[] {
    const rest = this.line.slice(this.position)
    return this.gone.size === 0 ? rest : rest.filter((item) => !this.gone.has(item))
  }

  private work(): void {
    const startedAt = this.clock()
    let now = startedAt
    this.isScheduled = true // also while acting: what is added meanwhile waits for its turn
    while (this.position < this.line.length && now - startedAt < SLICE_MS) {
      const item = this.line[this.position] as Item
      this.position += 1
      if (this.gone.size > 0 && this.gone.has(item)) continue
      this.act(item, now)
      now = this.clock()
    }
    this.isScheduled = this.position < this.line.length
    if (this.isScheduled) setImmediate(() => this.work())
    else this.finish()
  }

  private finish(): void {
    this.line = [] // whoever has had their turn is not kept
    this.position = 0
    this.gone.clear()
    this.onDone()
  }
}
