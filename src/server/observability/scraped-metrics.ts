import { Counter, Gauge, type Registry } from 'prom-client'

/** What is true now, as the application is asked for it at each scrape. */
export interface ScrapedState {
  readonly places: () => { readonly active: number; readonly max: number }
  readonly traffic: () => readonly TransportTraffic[]
  /** `undefined` before the first read of the feed. */
  readonly snapshot: () =>
    | {
        readonly feed: string
        readonly seq: number
        readonly generatedAt: Date
        readonly isStale: boolean
      }
    | undefined
  /** Whether commits are pushed; else only the tick finds them. */
  readonly isPushed: () => boolean
  readonly pool: () => { readonly total: number; readonly idle: number; readonly waiting: number }
  readonly now: () => Date
}

/** Who listens over one transport now, and what has been sent over it since the start. */
export interface TransportTraffic {
  readonly transport: string
  readonly active: number
  readonly updatesSent: number
  readonly bytesSent: number
}

/** Adds the metrics that are read from the application when somebody asks for them. */
export function addScrapedMetrics(registry: Registry, state: ScrapedState): void {
  addPlaces(registry, state)
  addTraffic(registry, state)
  addSnapshot(registry, state)
  addWakeup(registry, state)
  addPool(registry, state)
}

function addPlaces(registry: Registry, { places }: ScrapedState): void {
  addGauge(registry, 'pipecast_places_taken', 'Places taken, or kept for a successor', (gauge) => {
    gauge.set(places().active)
  })
  addGauge(registry, 'pipecast_places_max', 'Places that there are (MAX_CONNECTIONS)', (gauge) => {
    gauge.set(places().max)
  })
}

function addTraffic(registry: Registry, { traffic }: ScrapedState): void {
  const labelNames = ['transport'] as const
  const registers = [registry]
  new Gauge({
    name: 'pipecast_connections_active',
    help: 'Connections that are open',
    labelNames,
    registers,
    collect() {
      for (const { transport, active } of traffic()) this.set({ transport }, active)
    },
  })
  new Counter({
    name: 'pipecast_updates_sent_total',
    help: 'Updates written to connections',
    labelNames,
    registers,
    collect() {
      this.reset() // the sum is kept where it arises
      for (const { transport, updatesSent } of traffic()) this.inc({ transport }, updatesSent)
    },
  })
  new Counter({
    name: 'pipecast_sent_bytes_total',
    help: 'Bytes written to connections, as they go over the wire',
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const { transport, bytesSent } of traffic()) this.inc({ transport }, bytesSent)
    },
  })
}

/** What an alert must know: nothing is read for nobody. */
const SNAPSHOT_AGE = 'Since the newest data was read; it grows while nobody watches or polls'
const SNAPSHOT_STALE =
  '1 while the database cannot be read; found out when somebody watches or polls'

function addSnapshot(registry: Registry, { snapshot, now }: ScrapedState): void {
  addGauge(registry, 'pipecast_snapshot_seq', 'Position in the sequence of the feed', (gauge) => {
    const newest = snapshot()
    if (newest !== undefined) gauge.set({ feed: newest.feed }, newest.seq)
  })
  addGauge(registry, 'pipecast_snapshot_age_seconds', SNAPSHOT_AGE, (gauge) => {
    const newest = snapshot()
    if (newest === undefined) return
    const ageMs = now().getTime() - newest.generatedAt.getTime()
    gauge.set({ feed: newest.feed }, ageMs / 1_000)
  })
  addGauge(registry, 'pipecast_snapshot_stale', SNAPSHOT_STALE, (gauge) => {
    const newest = snapshot()
    if (newest !== undefined) gauge.set({ feed: newest.feed }, newest.isStale ? 1 : 0)
  })
}

function addWakeup(registry: Registry, { isPushed }: ScrapedState): void {
  new Gauge({
    name: 'pipecast_wakeup_push',
    help: '1 while commits are pushed; 0 while the listener is away and only the tick finds them',
    registers: [registry],
    collect() {
      this.set(isPushed() ? 1 : 0)
    },
  })
}

function addPool(registry: Registry, { pool }: ScrapedState): void {
  new Gauge({
    name: 'pipecast_database_connections',
    help: 'Pooled database connections, and statements that wait for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { total, idle, waiting } = pool()
      this.set({ state: 'busy' }, total - idle)
      this.set({ state: 'idle' }, idle)
      this.set({ state: 'waiting' }, waiting)
    },
  })
}

function addGauge(
  registry: Registry,
  name: string,
  help: string,
  collect: (gauge: Gauge<'feed'>) => void,
): void {
  new Gauge({
    name,
    help,
    labelNames: ['feed'],
    registers: [registry],
    collect() {
      collect(this)
    },
  })
}
