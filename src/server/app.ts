import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { PIPELINE_STATUS_FEED } from '../protocol/index.js'
import type { Config } from './config/load-config.js'
import { type ChangeListener, startChangeListener } from './database/change-listener.js'
import { seekLeadership } from './database/leadership.js'
import { migrateAtStart } from './database/migrate-at-start.js'
import { type Database, openDatabase } from './database/open-database.js'
import { demoExpectations } from './demo/demo-board.js'
import { startDemoReporter } from './demo/demo-reporter.js'
import { Feed } from './feeds/feed.js'
import { FeedViews } from './feeds/feed-views.js'
import { createFastify, localUrl } from './http/create-fastify.js'
import { createEdge, type Edge } from './http/edge.js'
import { registerPlugins } from './http/plugins.js'
import { createMetrics, type Metrics } from './observability/metrics.js'
import { registerRoutes, type RouteParts } from './register-routes.js'
import { expectInterval } from './runs/runs.queries.js'
import { pipelineStatus } from './status/pipeline-status.js'
import { createScheduleReader } from './status/schedule.js'
import { readJobs, readStatusFacts } from './status/status.queries.js'
import { readKnownStatuses, removalsOf, timeOutRuns, writeSweep } from './status/sweeper.queries.js'
import { createSweeper, type Sweeper } from './status/sweeper.js'
import { Backlog } from './streaming/backlog.js'
import { ConnectionManager } from './streaming/connection-manager.js'
import { connectionSettings } from './streaming/connection-settings.js'
import { Pace } from './streaming/pace.js'
import { Ticker } from './streaming/ticker.js'

/** What the application is made from. */
export interface AppOptions {
  readonly config: Config
  /** Where Postgres is: the one that is configured, or the embedded one. */
  readonly databaseUrl: string
  readonly version: string
  readonly isDemo: boolean
  /** Where the page and the element for other pages were built to; they need not be there. */
  readonly builtPagesDir: string
  readonly log: FastifyBaseLogger
}

/** The application has begun to serve. */
export interface Listening {
  /** Where, for people on this machine: `http://127.0.0.1:8000`. */
  readonly url: string
  /**
   * Resolves when the database is migrated and has been read once.
   *
   * Rejects with a MigrationError when the database answers but cannot be migrated.
   */
  readonly started: Promise<void>
}

/** The running application. */
export interface App {
  /** Serves from the first moment, while the database may still be on its way. */
  listen(): Promise<Listening>
  /** Lets every client go with a word, then ends everything. */
  close(): Promise<void>
}

const TICKER_RESOLUTION_MS = 50

/** So much may wait for readers that are slow, each frame counted once. */
const MAX_BACKLOG_BYTES = 67_108_864

const LAST_STATEMENTS_MS = 600

const clock = () => performance.now()
const now = () => new Date()

/** The composition root: creates every part, and hands each the functions that it needs. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, log } = options
  const ending = new AbortController()
  const database = openDatabase({
    connectionString: options.databaseUrl,
    poolMax: config.databasePoolMax,
    timeoutMs: config.databaseTimeoutMs,
    onError: (error) => log.warn({ reason: error.message }, 'a database connection was lost'),
    onUnprepared: ({ message }) =>
      log.warn({ reason: message }, 'the database keeps no prepared statements: reads cost more'),
  })
  const edge = createEdge(config)
  const metrics = createMetrics()
  const feed = createPipelineStatusFeed(options, database, metrics)
  const manager = createManager(options, edge, metrics)
  const views = new FeedViews(feed, clock)
  manager.addFeed(views)
  feed.onSnapshot((snapshot) => manager.publish(feed.name, snapshot))

  let listener: ChangeListener | undefined
  let stopSweeping: (() => Promise<void>) | undefined
  let isMigrated = false
  const parts: RouteParts = {
    options,
    database,
    edge,
    metrics,
    feed,
    views,
    manager,
    listener: () => listener,
    isMigrated: () => isMigrated,
  }
  const fastify = createFastify(log, config)
  await registerPlugins(fastify, {
    version: options.version,
    isOriginAllowed: edge.isOriginAllowed,
  })
  await registerRoutes(fastify, parts)

  const start = async () => {
    isMigrated = await migrateAtStart(options.databaseUrl, ending.signal, log)
    if (!isMigrated) return
    const sweeper = createStatusSweeper(options, database)
    listener = startChangeListener({
      connectionString: options.databaseUrl,
      onHint: (name) => {
        if (name !== null && name !== feed.name) return
        metrics.hinted()
        feed.hint()
        sweeper.hint()
      },
      log,
    })
    stopSweeping = seekLeadership({
      connectionString: options.databaseUrl,
      lead: (signal) => sweeper.lead(signal),
      log,
    })
    await feed.refresh()
  }
  let demo: Promise<void> | undefined
  return {
    listen: async () => {
      await fastify.listen({ host: config.host, port: config.port })
      const url = localUrl(fastify)
      const started = start()
      if (options.isDemo) {
        const runIt = () => runDemo(options, database, { url, signal: ending.signal })
        // Who waits for the start hears why there was none.
        demo = started.then(runIt, () => undefined)
      }
      return { url, started }
    },
    close: async () => {
      await manager.drain(config.drainMs)
      ending.abort()
      await demo
      await fastify.close()
      // A statement that hangs must not hold up the end of the process.
      const closed = Promise.all([listener?.stop(), stopSweeping?.(), feed.close()])
      await Promise.race([closed.then(() => database.close()), delay(LAST_STATEMENTS_MS)])
    },
  }
}

function createPipelineStatusFeed(
  { config, isDemo, log }: AppOptions,
  database: Database,
  metrics: Metrics,
): Feed {
  const nextTick = createScheduleReader()
  return new Feed({
    name: PIPELINE_STATUS_FEED,
    epoch: randomBytes(6).toString('base64url'),
    read: (at) =>
      metrics.timeRead(async () => {
        const facts = await readStatusFacts(database.kysely, at)
        return pipelineStatus(facts, { now: at.getTime(), nextTick }, isDemo)
      }),
    intervalMs: config.broadcastIntervalMs,
    now,
    log,
  })
}

function createStatusSweeper({ config, log }: AppOptions, { kysely }: Database): Sweeper {
  const limits = { eventDays: config.retainEventsDays, runDays: config.retainRunsDays }
  return createSweeper({
    readJobs: () => readJobs(kysely),
    readKnown: () => readKnownStatuses(kysely),
    timeOut: (at) => timeOutRuns(kysely, at),
    write: (sweep, moment) => writeSweep(kysely, sweep, moment),
    removals: removalsOf(kysely, limits),
    now,
    nextTick: createScheduleReader(),
    log,
  })
}

function createManager(
  { config, log }: AppOptions,
  edge: Edge,
  metrics: Metrics,
): ConnectionManager {
  return new ConnectionManager({
    ...connectionSettings(config),
    pace: new Pace({
      bytesPerSecond: config.maxBytesPerSecond,
      maxRestMs: config.broadcastIntervalMs,
    }),
    backlog: new Backlog(MAX_BACKLOG_BYTES),
    ticker: new Ticker(TICKER_RESOLUTION_MS, clock),
    clock,
    now,
    random: Math.random,
    events: metrics.connections,
    verifyToken: edge.verifyViewToken ?? (async () => ({ isAccepted: true, expiresAt: null })),
    log,
  })
}

async function runDemo(
  { config, log }: AppOptions,
  { kysely }: Database,
  { url, signal }: { readonly url: string; readonly signal: AbortSignal },
): Promise<void> {
  const [token] = config.ingestTokens
  try {
    for (const expected of demoExpectations()) await expectInterval(kysely, expected)
  } catch (error) {
    log.warn({ reason: (error as Error).message }, 'the demo has no schedules')
  }
  await startDemoReporter({
    baseUrl: url,
    ...(token === undefined ? {} : { token }),
    signal,
    log: {
      info: (about, message) => log.info(about, message),
      warn: (about, message) => log.warn(about, message),
    },
  })
}
