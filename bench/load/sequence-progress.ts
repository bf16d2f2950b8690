/** When all sockets had come to a position of the feed's sequence, or beyond it. */
export interface Reached {
  readonly seq: number
  /** When the first one had; milliseconds of the caller's clock. */
  readonly firstAt: number
  readonly lastAt: number
}

/**
 * Follows many sockets along one sequence. A socket may skip positions, because only the newest
 * frame waits for a slow reader; it has then come to the skipped ones too.
 */
export class SequenceProgress {
  private readonly sockets: number
  private readonly onReached: (reached: Reached) => void
  private readonly positions: Float64Array
  private readonly open = new Map<number, { count: number; firstAt: number }>()

  constructor(sockets: number, onReached: (reached: Reached) => void) {
    this.sockets = sockets
    this.onReached = onReached
    this.positions = new Float64Array(sockets).fill(Number.POSITIVE_INFINITY)
  }

  /** From now on positions count; all sockets are at this one already. */
  begin(seq: number): void {
    this.positions.fill(seq)
  }

  /** A socket has a frame whole. */
  advance(socket: number, to: number, at: number): void {
    const from = this.positions[socket] ?? Number.POSITIVE_INFINITY
    for (let seq = from + 1; seq <= to; seq += 1) this.count(seq, at)
    if (to > from) this.positions[socket] = to
  }

  private count(seq: number, at: number): void {
    const known = this.open.get(seq)
    const entry = known ?? { count: 0, firstAt: at }
    if (known === undefined) this.open.set(seq, entry)
    entry.count += 1
    if (entry.count < this.sockets) return
    this.open.delete(seq)
    this.onReached({ seq, firstAt: entry.firstAt, lastAt: at })
  }
}
