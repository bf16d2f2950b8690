import { performance } from 'node:perf_hooks'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Config } from '../config/load-config.js'
import { handleClientError } from './client-errors.js'
import { handleError, HttpError } from './error-handler.js'
import { makeRoomWhenFull } from './make-room.js'
import { asksForWebSocket } from './upgrade-gate.js'

/** So many pollers and reporters find room beside a full house of sockets. */
const SPARE_CONNECTIONS = 1_000

const MAX_HEADER_BYTES = 8_192

/** A request has so long to arrive, and longer when the largest reports need it. */
const REQUEST_TIMEOUT_MS = 10_000

/** A report that is cut off is lost: clients do not send again what was answered with a 4xx. */
const SLOW_UPLINK_BYTES_PER_MS = 128

/** Longer than proxies keep theirs, 60 s for most: who closes first must not be the one who answers. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000

/** How long requests on their way have to be answered when the process ends, in milliseconds. */
const LAST_ANSWERS_MS = 500

/**
 * Makes the HTTP server, with a bound on everything that a peer could draw out.
 *
 * @param config - how many WebSockets there may be, and how large a report.
 */
export function createFastify(
  log: FastifyBaseLogger,
  config: Pick<Config, 'maxConnections' | 'ingestMaxBytes'>,
): FastifyInstance {
  const fastify = Fastify({
    loggerInstance: log,
    // plugins.ts writes one line a request, without the query, which may hold a token.
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: REQUEST_TIMEOUT_MS + config.ingestMaxBytes / SLOW_UPLINK_BYTES_PER_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    clientErrorHandler: handleClientError,
    bodyLimit: 1_048_576,
    // A report that has arrived is recorded and answered, also while the process ends.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Names in paths are long; what bounds them is the size of the header.
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    frameworkErrors: (_error, request, reply) => {
      const message = 'the path cannot be read: percent-encode it as UTF-8'
      handleError(new HttpError(400, 'bad_path', message), request, reply)
    },
    http: {
      headersTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Known to newer versions of Node; older ones go through the upgrade gate.
      ...{ shouldUpgradeCallback: asksForWebSocket },
    },
  })
  fastify.server.maxConnections = config.maxConnections + SPARE_CONNECTIONS
  makeRoomWhenFull(fastify.server, () => performance.now())
  fastify.addHook('preClose', (done) => {
    setTimeout(() => fastify.server.closeAllConnections(), LAST_ANSWERS_MS).unref()
    done()
  })
  return fastify
}

/** Where a person on this machine finds the server: `http://127.0.0.1:8000`. */
export function localUrl(fastify: FastifyInstance): string {
  const address = fastify.server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const isEverywhere = address.address === '0.0.0.0' || address.address === '::'
  const host = isEverywhere ? '127.0.0.1' : address.address
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}
