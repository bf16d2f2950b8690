import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import { loadConfig } from '../../../src/server/config/load-config.js'
import { createFastify } from '../../../src/server/http/create-fastify.js'
import { createEdge } from '../../../src/server/http/edge.js'
import { registerPlugins } from '../../../src/server/http/plugins.js'
import { createMetrics, type Metrics } from '../../../src/server/observability/metrics.js'
import type { LiveFeed } from '../../../src/server/streaming/audience.js'
import { Backlog } from '../../../src/server/streaming/backlog.js'
import { ConnectionManager } from '../../../src/server/streaming/connection-manager.js'
import { connectionSettings } from '../../../src/server/streaming/connection-settings.js'
import { Pace } from '../../../src/server/streaming/pace.js'
import { streamingRoutes } from '../../../src/server/streaming/streaming.routes.js'
import { Ticker } from '../../../src/server/streaming/ticker.js'
import { publicationOf } from './stage.js'

/** One line of a log, parsed. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string }

/** The part of the server that serves sockets, with a feed that a test may bring along. */
export interface StreamingApp {
  /** `ws://127.0.0.1:<port>`. */
  readonly url: string
  readonly manager: ConnectionManager
  readonly metrics: Metrics
  readonly log: readonly LogLine[]
  /** Paths of the upgrades that became requests of Fastify. */
  readonly requested: readonly string[]
  close(): Promise<void>
}

/** A feed that stands still. */
const FEED: LiveFeed = {
  name: 'pipeline-status',
  epoch: 'e1',
  newest: publicationOf(1),
  watch: () => ({ ready: null, stop: () => undefined }),
}

/**
 * Starts it on a real port.
 *
 * @param settings - environment variables, as a deployment would set them.
 * @param extend - what somebody who deploys it adds to the application, after all of ours.
 * @param feed - what is served instead of one that stands still.
 */
export async function startStreamingApp(
  settings: Readonly<Record<string, string>> = {},
  extend: (app: FastifyInstance) => void = () => undefined,
  feed = FEED,
): Promise<StreamingApp> {
  const lines: LogLine[] = []
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line) as LogLine) })
  const config = loadConfig(settings)
  const edge = createEdge(config)
  const metrics = createMetrics()
  const clock = () => performance.now()
  const verifyToken = edge.verifyViewToken
  const manager = new ConnectionManager({
    ...connectionSettings(config),
    pace: new Pace({ bytesPerSecond: 1e12, maxRestMs: 5_000 }),
    backlog: new Backlog(1e12),
    ticker: new Ticker(50, clock),
    clock,
    now: () => new Date(),
    random: () => 1,
    events: metrics.connections,
    verifyToken: verifyToken ?? (() => Promise.reject(new Error('nobody has a token here'))),
    log,
  })
  manager.addFeed({ whole: feed, find: () => null })
  const app = createFastify(log, config)
  await registerPlugins(app, { version: '0', isOriginAllowed: edge.isOriginAllowed })
  extend(app)
  await app.register(streamingRoutes({ ...edge, manager, verifyToken }))
  const requested: string[] = []
  app.upgradeGate.server.on('upgrade', ({ url = '' }) => requested.push(url))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}`,
    manager,
    metrics,
    log: lines,
    requested,
    close: async () => {
      await manager.drain(0)
      await app.close()
    },
  }
}
