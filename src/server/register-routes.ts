import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { badgeRoutes } from './badges/badge.routes.js'
import type { Config } from './config/load-config.js'
import type { ChangeListener } from './database/change-listener.js'
import type { Database } from './database/open-database.js'
import { pingDatabase } from './database/ping-database.js'
import type { Feed } from './feeds/feed.js'
import type { FeedViews } from './feeds/feed-views.js'
import { feedRoutes } from './feeds/feeds.routes.js'
import type { Edge } from './http/edge.js'
import { healthRoutes } from './observability/health.routes.js'
import type { Metrics } from './observability/metrics.js'
import { metricsRoutes } from './observability/metrics.routes.js'
import { addScrapedMetrics } from './observability/scraped-metrics.js'
import { assetRoutes } from './pages/asset.routes.js'
import { embedRoutes } from './pages/embed.routes.js'
import { pageRoutes } from './pages/page.routes.js'
import { jobRunRoutes } from './runs/job-runs.routes.js'
import { jobRoutes } from './runs/jobs.routes.js'
import { metricRoutes } from './runs/metrics.routes.js'
import { pingRoutes } from './runs/ping.routes.js'
import { queueRoutes } from './runs/queues.routes.js'
import { createReadTurns } from './runs/read-turns.js'
import { createRunRecorder } from './runs/run-recorder.js'
import { recordRunEvents } from './runs/runs.queries.js'
import { runRoutes } from './runs/runs.routes.js'
import { parseCron } from './status/schedule.js'
import type { ConnectionManager } from './streaming/connection-manager.js'
import { eventStreamRoutes } from './streaming/event-stream.routes.js'
import { streamingRoutes } from './streaming/streaming.routes.js'

/** What the routes are made from. */
export interface RouteParts {
  readonly options: {
    readonly config: Config
    readonly version: string
    readonly builtPagesDir: string
  }
  readonly database: Database
  readonly edge: Edge
  readonly metrics: Metrics
  readonly feed: Feed
  readonly views: FeedViews
  readonly manager: ConnectionManager
  /** `undefined` until the database is migrated. */
  readonly listener: () => ChangeListener | undefined
  readonly isMigrated: () => boolean
}

/** So many pages of jobs and runs are read at a time, by whomever. */
const READS_AT_ONCE = 2
const MAX_WAITING_READS = 50
const MAX_READ_WAIT_MS = 2_000

const now = () => new Date()

/** The part of the composition root that hands each route the functions that it needs. */
export async function registerRoutes(fastify: FastifyInstance, parts: RouteParts): Promise<void> {
  const { options, database, edge, metrics, feed, views, manager, listener, isMigrated } = parts
  const recorder = createRunRecorder({
    // Well before the whole statement is given up, which would be everybody's.
    lockWaitMs: Math.ceil(options.config.databaseTimeoutMs / 10),
    write: async (encoded, lockWaitMs) => {
      // Reporters are asked to send again then, as while the database is away.
      if (!isMigrated()) throw new Error('the database is not migrated yet')
      await metrics.timeBatch(encoded.length, () =>
        recordRunEvents(database.kysely, encoded, lockWaitMs),
      )
    },
  })
  const admission = { ...edge, manager, verifyToken: edge.verifyViewToken }
  await fastify.register(streamingRoutes(admission))
  await fastify.register(eventStreamRoutes(admission))
  await fastify.register(
    feedRoutes({ feeds: new Map([[feed.name, views]]), requireViewer: edge.requireViewer }),
  )
  await fastify.register(
    runRoutes({
      recorder,
      requireReporter: edge.requireReporter,
      maxBytes: options.config.ingestMaxBytes,
      now,
    }),
  )
  const { kysely } = database
  const maxBytes = options.config.ingestMaxBytes
  const readInTurn = createReadTurns({
    // Never the whole of a small pool, unless that is a single connection.
    atOnce: Math.min(READS_AT_ONCE, Math.ceil(options.config.databasePoolMax / 2)),
    maxWaiting: MAX_WAITING_READS,
    maxWaitMs: MAX_READ_WAIT_MS,
  })
  await fastify.register(pingRoutes({ ...edge, kysely, recorder, maxBytes, now }))
  await fastify.register(jobRoutes({ ...edge, kysely, readInTurn, parseCron }))
  await fastify.register(jobRunRoutes({ ...edge, kysely, readInTurn }))
  await fastify.register(queueRoutes({ ...edge, kysely }))
  await fastify.register(metricRoutes({ ...edge, kysely, maxBytes, now }))
  await fastify.register(
    healthRoutes({
      version: options.version,
      now,
      isDraining: () => manager.isDraining,
      database: () => ({
        status: feed.state,
        wakeup: listener()?.wakeupMode() ?? 'degraded',
      }),
      connections: () => manager.counts,
      admission: (request) => manager.admissionFor(edge.addressOf(request)),
      token: edge.describeToken,
      maySeeData: edge.maySeeData,
      poll: () => feed.poll(),
      isReady: async () =>
        isMigrated() && feed.state !== 'starting' && (await pingDatabase(database)),
    }),
  )
  addScrapedMetrics(metrics.registry, {
    places: () => manager.counts,
    traffic: () => manager.traffic,
    snapshot: () => feed.newest,
    pool: () => database.counts,
    isPushed: () => listener()?.wakeupMode() === 'push',
    now,
  })
  await fastify.register(metricsRoutes({ ...edge, registry: metrics.registry }))
  await fastify.register(
    badgeRoutes({ ...edge, poll: (name) => (name === feed.name ? feed.poll() : null) }),
  )
  const builtPageDir = join(options.builtPagesDir, 'dashboard')
  await fastify.register(pageRoutes({ ...edge, builtPageDir, board: feed }))
  await fastify.register(assetRoutes(builtPageDir))
  const builtEmbedDir = join(options.builtPagesDir, 'embed')
  await fastify.register(embedRoutes({ ...options.config, builtEmbedDir }))
}
