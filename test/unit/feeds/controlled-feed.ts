import { setImmediate as nextTurn } from 'node:timers/promises'
import { Feed } from '../../../src/server/feeds/feed.js'
import type { Snapshot } from '../../../src/server/feeds/snapshot.js'

/** A line that the feed logged. */
export interface LogLine {
  readonly level: 'info' | 'warn'
  readonly about: object
  readonly message: string
}

interface Read {
  readonly at: Date
  readonly resolve: (data: unknown) => void
  readonly reject: (error: Error) => void
}

/** A feed whose reads end when a test says so, and whose clock stands still until moved. */
export class ControlledFeed {
  readonly feed: Feed
  readonly published: Snapshot[] = []
  readonly log: LogLine[] = []
  private readonly pending: Read[] = []
  private nowMs = Date.parse('2026-01-28T12:00:00Z')

  constructor(intervalMs = 5_000) {
    this.feed = new Feed({
      name: 'pipeline-status',
      epoch: 'e1',
      intervalMs,
      now: () => new Date(this.nowMs),
      read: (at) =>
        new Promise((resolve, reject) => {
          this.pending.push({ at, resolve, reject })
        }),
      log: {
        info: (about, message) => this.log.push({ level: 'info', about, message }),
        warn: (about, message) => this.log.push({ level: 'warn', about, message }),
      },
    })
    this.feed.onSnapshot((snapshot) => this.published.push(snapshot))
  }

  /** How many reads are on their way; the contract says: never more than one. */
  get inFlight(): number {
    return this.pending.length
  }

  /** Moves the clock. */
  advance(ms: number): void {
    this.nowMs += ms
  }

  /** Ends the read on its way with this document, and lets everything that follows happen. */
  async answer(data: unknown): Promise<void> {
    this.next().resolve(data)
    await settle()
  }

  /** Ends the read on its way with an error. */
  async fail(message = 'away'): Promise<void> {
    this.next().reject(Object.assign(new Error(message), { code: '57P01' }))
    await settle()
  }

  /** Reads once, so that there is a value. */
  async readOnce(data: unknown): Promise<void> {
    const read = this.feed.refresh()
    await this.answer(data)
    await read
  }

  private next(): Read {
    const read = this.pending.shift()
    if (read === undefined) throw new Error('no read is on its way')
    return read
  }
}

/** Lets every promise that can go on go on. */
export async function settle(): Promise<void> {
  await nextTurn()
}

/** Whether a promise has resolved by now. */
export async function hasResolved(promise: Promise<unknown>): Promise<boolean> {
  let isResolved = false
  void promise.then(() => {
    isResolved = true
  })
  await settle()
  return isResolved
}
