import { setTimeout as delay } from 'node:timers/promises'
import { ReadPace } from './read-pace.js'
import { encodeSnapshot, type Snapshot } from './snapshot.js'

/** What a feed needs. Times are in milliseconds. */
export interface FeedOptions {
  /** The feed's name, as it stands in URLs. */
  readonly name: string
  /** Names this life of the sequence. */
  readonly epoch: string
  /** Reads the document as it is now; the result is encoded as JSON. */
  readonly read: (now: Date) => Promise<unknown>
  /** The longest time between two reads while somebody watches. */
  readonly intervalMs: number
  readonly now: () => Date
  readonly log: {
    info(about: object, message: string): void
    warn(about: object, message: string): void
  }
}

/** Somebody's interest in a feed. */
export interface Watch {
  /** `null` when the newest value is current; else resolves when it is, or as good as it gets. */
  readonly ready: Promise<void> | null
  stop(): void
}

/** How long to wait for a read while there is older data to show instead. */
const PATIENCE_MS = 1_000

/**
 * A named live document. It is read
 * - once for all who watch, at each hint and at each tick;
 * - one read at a time, however many hints come: those that arrive during a read cost one more,
 *   after a rest in proportion to what the read took, and longer when hints never end;
 * - never while nobody watches and nobody polls.
 *
 * When a read fails the last good value stays, marked stale, until one succeeds.
 */
export class Feed {
  readonly name: string
  private readonly options: FeedOptions
  private readonly listeners = new Set<(snapshot: Snapshot) => void>()
  private watchers = 0
  private timer: NodeJS.Timeout | undefined
  private newestSnapshot: Snapshot | undefined
  private reading: Promise<void> | undefined
  private readingNext: Promise<void> | undefined
  private isHinted = false
  private isHintedMeanwhile = false
  /** Somebody waits for the next read, whether anybody watches or not. */
  private isAsked = false
  private readonly pace = new ReadPace()
  /** Somebody watches, and a read has succeeded since they began. */
  private isLive = false
  private isFailing = false
  private isClosed = false
  private reads = 0

  constructor(options: FeedOptions) {
    this.options = options
    this.name = options.name
  }

  /** The newest value, or `undefined` before the first read has succeeded. */
  get newest(): Snapshot | undefined {
    return this.newestSnapshot
  }

  /** `starting` before the first read has succeeded, `unreachable` when the last one failed. */
  get state(): 'starting' | 'connected' | 'unreachable' {
    if (this.isFailing) return 'unreachable'
    return this.newestSnapshot === undefined ? 'starting' : 'connected'
  }

  /** How often the document was read. */
  get readCount(): number {
    return this.reads
  }

  /** Names this life of the feed's sequence. */
  get epoch(): string {
    return this.options.epoch
  }

  /** Calls back with each new value, also when only its age or its staleness is new. */
  onSnapshot(listener: (snapshot: Snapshot) => void): void {
    this.listeners.add(listener)
  }

  /** Somebody watches: until they stop, the value is kept current. */
  watch(): Watch {
    const ready = this.isCurrent() ? null : this.catchUp()
    if (this.watchers === 0) this.startTicking()
    this.watchers += 1
    let isWatching = true
    return {
      ready,
      stop: () => {
        if (!isWatching) return
        isWatching = false
        this.watchers -= 1
        if (this.watchers === 0) this.stopTicking()
      },
    }
  }

  /** Something was committed that may have changed the document. */
  hint(): void {
    this.isHinted = true
    if (this.reading !== undefined) this.isHintedMeanwhile = true
    else this.followHint()
  }

  /**
   * Whether the newest value is as good as a new read would be: while somebody watches it is kept
   * so; otherwise it must be young, and nothing may have been committed since.
   */
  isCurrent(): boolean {
    if (this.newestSnapshot === undefined) return false
    if (this.isLive) return true
    // The hint that a read under way follows is news as well.
    const isNewsExpected = this.isHinted || this.reading !== undefined
    return this.isYoung(this.newestSnapshot) && !isNewsExpected && !this.newestSnapshot.isStale
  }

  /** The value for somebody who asks once; read anew only when the newest one is not current. */
  async poll(): Promise<Snapshot | undefined> {
    if (!this.isCurrent()) await this.catchUp()
    return this.newestSnapshot
  }

  /** Reads now, or next when a read is under way. Resolves when that read has ended, well or not. */
  refresh(): Promise<void> {
    const isFree = this.reading === undefined && this.readingNext === undefined
    return isFree ? this.startReading() : this.readForSomebody()
  }

  /** Stops reading for good; resolves when the last read has ended. */
  async close(): Promise<void> {
    this.isClosed = true
    this.stopTicking()
    await this.reading
  }

  private startTicking(): void {
    if (this.isClosed) return
    this.isLive = this.isCurrent()
    this.timer = setInterval(() => void this.refresh(), this.options.intervalMs)
  }

  private stopTicking(): void {
    this.isLive = false
    clearInterval(this.timer)
  }

  /** Waits for a read, but not long when there is an older value to show instead. */
  private async catchUp(): Promise<void> {
    // A read that began before the newest hint does not show what was hinted at.
    const read = (this.isHinted ? undefined : this.reading) ?? this.readForSomebody()
    if (this.newestSnapshot === undefined) return read
    const patience = new AbortController()
    const waited = delay(PATIENCE_MS, 'waited', { signal: patience.signal }).catch(() => {
      // Aborted below: the read was quicker.
    })
    const outcome = await Promise.race([read, waited])
    patience.abort()
    if (outcome === 'waited') this.markStale()
  }

  private restMs(): number {
    return this.pace.waitMs(this.options.now().getTime())
  }

  /** What is about to be shown was read before anybody watched: its age must not pass for now. */
  private markStale(): void {
    const newest = this.newestSnapshot
    if (this.isClosed || newest === undefined || newest.isStale || this.isYoung(newest)) return
    this.emit(encodeSnapshot({ ...newest, isStale: true }, this.options.now()))
  }

  private isYoung({ generatedAt }: Snapshot): boolean {
    const ageMs = this.options.now().getTime() - generatedAt.getTime()
    return ageMs >= 0 && ageMs < this.options.intervalMs
  }

  private startReading(): Promise<void> {
    if (this.isClosed) return Promise.resolve()
    const startedAt = this.options.now().getTime()
    this.isHintedMeanwhile = false
    this.isAsked = false
    this.reading = this.readOnce().finally(() => {
      this.reading = undefined
      const endedAt = this.options.now().getTime()
      this.pace.count(endedAt - startedAt, endedAt)
      if (this.isHintedMeanwhile) this.followHint()
    })
    return this.reading
  }

  private followHint(): void {
    if (this.watchers > 0) void this.readNext()
  }

  private readForSomebody(): Promise<void> {
    this.isAsked = true
    return this.readNext()
  }

  /**
   * Reads at once, or after the read in flight and a rest: a storm of commits, or of those who ask,
   * must not turn into a storm of reads, and what a read costs decides how often it is done.
   */
  private readNext(): Promise<void> {
    if (this.readingNext !== undefined) return this.readingNext
    if (this.reading === undefined && this.restMs() === 0) return this.startReading()
    this.readingNext = this.rest().then(() => {
      this.readingNext = undefined
      return this.isAsked || this.watchers > 0 ? this.startReading() : undefined
    })
    return this.readingNext
  }

  private async rest(): Promise<void> {
    await this.reading
    const restMs = this.restMs()
    if (restMs > 0 && !this.isClosed) await delay(restMs)
  }

  private async readOnce(): Promise<void> {
    this.isHinted = false
    this.reads += 1
    const startedAt = this.options.now()
    try {
      const dataJson = JSON.stringify(await this.options.read(startedAt))
      this.publish(dataJson, startedAt)
    } catch (error) {
      this.isHinted = true // whatever was hinted at has not been seen yet
      this.reportFailure(error)
    }
  }

  private publish(dataJson: string, generatedAt: Date): void {
    const previous = this.newestSnapshot
    const isChanged = previous?.dataJson !== dataJson
    if (this.isFailing) this.options.log.info({ feed: this.name }, 'feed is current again')
    this.isFailing = false
    this.isLive = this.watchers > 0
    this.emit(
      encodeSnapshot(
        {
          feed: this.name,
          epoch: this.options.epoch,
          seq: (previous?.seq ?? 0) + (isChanged ? 1 : 0),
          generatedAt,
          isStale: false,
          dataJson: isChanged ? dataJson : previous.dataJson,
        },
        this.options.now(),
      ),
    )
  }

  private reportFailure(error: unknown): void {
    const previous = this.newestSnapshot
    if (this.isClosed) return
    if (!this.isFailing) {
      this.isFailing = true
      const { code, message } = error as { code?: unknown; message?: unknown }
      this.options.log.warn(
        { feed: this.name, code, reason: message },
        previous === undefined
          ? 'feed cannot be read yet'
          : 'feed cannot be read; the last good data is served as stale',
      )
    }
    if (previous === undefined) return
    this.emit(encodeSnapshot({ ...previous, isStale: true }, this.options.now()))
  }

  private emit(snapshot: Snapshot): void {
    this.newestSnapshot = snapshot
    for (const listener of this.listeners) listener(snapshot)
  }
}
