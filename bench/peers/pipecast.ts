import { performance } from 'node:perf_hooks'
import { PIPELINE_STATUS_FEED } from '../../src/protocol/index.js'
import { loadConfig } from '../../src/server/config/load-config.js'
import { Feed } from '../../src/server/feeds/feed.js'
import { FeedViews } from '../../src/server/feeds/feed-views.js'
import { createFastify } from '../../src/server/http/create-fastify.js'
import { createEdge } from '../../src/server/http/edge.js'
import { registerPlugins } from '../../src/server/http/plugins.js'
import { createLog } from '../../src/server/observability/create-log.js'
import { healthRoutes } from '../../src/server/observability/health.routes.js'
import { createMetrics } from '../../src/server/observability/metrics.js'
import { Backlog } from '../../src/server/streaming/backlog.js'
import { ConnectionManager } from '../../src/server/streaming/connection-manager.js'
import { connectionSettings } from '../../src/server/streaming/connection-settings.js'
import { streamingRoutes } from '../../src/server/streaming/streaming.routes.js'
import { Pace } from '../../src/server/streaming/pace.js'
import { Ticker } from '../../src/server/streaming/ticker.js'
import { BOARD_EPOCH } from '../board-document.js'
import { portOf } from './listen.js'
import { servePeer } from './serve-peer.js'

// Our own parts, put together as in app.ts with the settings of production, but for the cap. The
// feed reads the board from memory in place of a database.

const config = loadConfig({ MAX_CONNECTIONS: '50000' })
const log = createLog(config.logLevel)
const clock = () => performance.now()
const now = () => new Date()

await servePeer(async (board) => {
  const edge = createEdge(config)
  const feed = new Feed({
    name: PIPELINE_STATUS_FEED,
    epoch: BOARD_EPOCH,
    read: () => Promise.resolve(board.data),
    intervalMs: config.broadcastIntervalMs,
    now,
    log,
  })
  const manager = createManager()
  manager.addFeed(new FeedViews(feed, clock))
  feed.onSnapshot((snapshot) => manager.publish(feed.name, snapshot))
  await feed.refresh()
  const app = createFastify(log, config)
  await registerPlugins(app, { version: '0.0.0', isOriginAllowed: edge.isOriginAllowed })
  if (process.argv[3] === 'hook') app.addHook('onRequest', (_request, _reply, done) => done())
  await app.register(streamingRoutes({ ...edge, manager, verifyToken: edge.verifyViewToken }))
  await app.register(
    healthRoutes({
      version: '0.0.0',
      now,
      isDraining: () => manager.isDraining,
      database: () => ({ status: feed.state, wakeup: 'push' }),
      connections: () => manager.counts,
      admission: (request) => manager.admissionFor(edge.addressOf(request)),
      token: edge.describeToken,
      maySeeData: edge.maySeeData,
      poll: () => feed.poll(),
      isReady: () => Promise.resolve(true),
    }),
  )
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: portOf(app.server), publish: () => void feed.refresh() }
})

function createManager(): ConnectionManager {
  return new ConnectionManager({
    ...connectionSettings(config),
    pace: new Pace({
      // Updates come back to back here: the rate that production allows a socket would be measured.
      bytesPerSecond: Number.MAX_SAFE_INTEGER,
      maxRestMs: config.broadcastIntervalMs,
    }),
    backlog: new Backlog(67_108_864),
    ticker: new Ticker(50, clock),
    clock,
    now,
    random: Math.random,
    events: createMetrics().connections,
    verifyToken: () => Promise.resolve({ isAccepted: true, expiresAt: null }),
    log,
  })
}
