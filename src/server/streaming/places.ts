/** How many places there are. */
export interface PlaceLimits {
  readonly max: number
  readonly maxPerAddress: number
  /** How long a place waits for the successor of a socket that was renewed, in milliseconds. */
  readonly holdMs: number
}

/** One place taken by one socket. */
export interface Place {
  readonly address: string
  /**
   * The socket is about to be renewed: its successor from the same address will be let in whatever
   * the count, while this socket lives and for a while after.
   */
  expectSuccessor(): void
  /** The socket is gone. Calling it again does nothing. */
  release(): void
}

/** Whether there is a place for one more socket from an address. */
export type Vacancy = 'free' | 'address_limit' | 'at_capacity'

interface Hold {
  /** Until when the place is kept after its socket has gone; `null` while the socket lives. */
  expiresAt: number | null
}

/**
 * Counts the sockets. Looking and taking happen without an `await` between them, so that of any
 * number of simultaneous upgrades exactly as many are let in as there are places.
 *
 * A renewed socket and its successor count once (make before break), and the place of one that
 * closed for its age is kept for its successor for some seconds.
 */
export class Places {
  private readonly limits: PlaceLimits
  private readonly clock: () => number
  private readonly countByAddress = new Map<string, number>()
  private readonly holdsByAddress = new Map<string, Hold[]>()
  private count = 0

  /** @param clock - milliseconds of a monotonic clock. */
  constructor(limits: PlaceLimits, clock: () => number) {
    this.limits = limits
    this.clock = clock
  }

  /** How many places are taken or kept. */
  get taken(): number {
    this.dropExpiredHolds()
    return this.count
  }

  /** Whether one more socket from this address would be let in now. */
  vacancyFor(address: string): Vacancy {
    this.dropExpiredHolds()
    if (this.holdsByAddress.has(address)) return 'free'
    if ((this.countByAddress.get(address) ?? 0) >= this.limits.maxPerAddress) return 'address_limit'
    return this.count >= this.limits.max ? 'at_capacity' : 'free'
  }

  /** Takes a place; to be called at once after {@link vacancyFor} has said that there is one. */
  take(address: string): Place {
    this.useHold(address)
    this.add(address, 1)
    return new TakenPlace(address, this)
  }

  /** Keeps a place for the successor of whoever has it. */
  hold(address: string): Hold {
    const hold: Hold = { expiresAt: null }
    this.holdsByAddress.set(address, [...(this.holdsByAddress.get(address) ?? []), hold])
    return hold
  }

  /** Gives a place back; at once, or after a while when it is held. */
  giveBack(address: string, hold: Hold | undefined): void {
    if (hold === undefined) this.add(address, -1)
    else hold.expiresAt = this.clock() + this.limits.holdMs // without effect once it was used
  }

  /** A successor takes over the count of the socket that it follows, whether that lives or not. */
  private useHold(address: string): void {
    const [used, ...others] = this.holdsByAddress.get(address) ?? []
    if (used === undefined) return
    this.add(address, -1)
    this.keepHolds(address, others)
  }

  private dropExpiredHolds(): void {
    if (this.holdsByAddress.size === 0) return
    const now = this.clock()
    for (const [address, holds] of this.holdsByAddress) {
      const live = holds.filter((hold) => hold.expiresAt === null || hold.expiresAt > now)
      if (live.length === holds.length) continue
      this.add(address, live.length - holds.length)
      this.keepHolds(address, live)
    }
  }

  private keepHolds(address: string, holds: Hold[]): void {
    if (holds.length === 0) this.holdsByAddress.delete(address)
    else this.holdsByAddress.set(address, holds)
  }

  private add(address: string, change: number): void {
    this.count += change
    const count = (this.countByAddress.get(address) ?? 0) + change
    if (count === 0) this.countByAddress.delete(address)
    else this.countByAddress.set(address, count)
  }
}

/** A class and no closures: there is one for each socket. */
class TakenPlace implements Place {
  readonly address: string
  private readonly places: Places
  private held: Hold | undefined
  private isReleased = false

  constructor(address: string, places: Places) {
    this.address = address
    this.places = places
  }

  expectSuccessor(): void {
    if (!this.isReleased) this.held ??= this.places.hold(this.address)
  }

  release(): void {
    if (this.isReleased) return
    this.isReleased = true
    this.places.giveBack(this.address, this.held)
  }
}
