/** A lock that somebody has, or waits for. */
interface Claim {
  readonly reject: (error: Error) => void
  readonly grant: () => void
}

/** What the tabs of an origin share: a lock, and a channel. A test has all of its tabs in one process. */
export class FakeOrigin {
  /** How often a lock was asked for. */
  requests = 0
  /** What every request for a lock is refused with. */
  refusal: Error | undefined
  private holder: Claim | undefined
  private readonly waiting: Claim[] = []
  private readonly channels = new Set<FakeChannel>()

  readonly locks = {
    request: (
      _name: string,
      options: { readonly steal?: boolean; readonly signal?: AbortSignal },
      lead: () => Promise<void>,
    ): Promise<void> => {
      this.requests += 1
      // An endless loop would end no test: after a while nothing is answered any more.
      if (this.refusal && this.requests < 50) return Promise.reject(this.refusal)
      return new Promise((resolve, reject) => {
        const claim: Claim = {
          reject,
          grant: () => {
            void lead().then(() => {
              if (this.holder === claim) this.pass()
              resolve()
            })
          },
        }
        const aborted = () => new DOMException('', 'AbortError')
        options.signal?.addEventListener('abort', () => {
          const index = this.waiting.indexOf(claim)
          if (index >= 0) this.waiting.splice(index, 1)
          reject(aborted())
        })
        if (options.steal) {
          this.holder?.reject(aborted())
          this.holder = claim
          claim.grant()
        } else {
          this.waiting.push(claim)
          if (!this.holder) this.pass()
        }
      })
    },
  }

  /** A `BroadcastChannel` of this origin, for `vi.stubGlobal`. */
  readonly Channel: new () => FakeChannel = ((origin: FakeOrigin) =>
    class extends FakeChannel {
      constructor() {
        super(origin.channels)
      }
    })(this)

  private pass(): void {
    this.holder = this.waiting.shift()
    // A browser needs longer for this than for a message, and does not look twice.
    const next = this.holder
    if (next) setTimeout(next.grant)
  }
}

/** Takes what is posted to all others, in order, a little later. */
class FakeChannel {
  onmessage: ((event: { data: unknown }) => void) | null = null
  private readonly all: Set<FakeChannel>

  constructor(all: Set<FakeChannel>) {
    this.all = all.add(this)
  }

  postMessage(message: unknown): void {
    if (!this.all.has(this)) throw new DOMException('the channel is closed', 'InvalidStateError')
    const data: unknown = structuredClone(message)
    for (const other of this.all) {
      if (other !== this) queueMicrotask(() => this.all.has(other) && other.onmessage?.({ data }))
    }
  }

  close(): void {
    this.all.delete(this)
  }
}
