import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { MAX_CLIENT_MESSAGE_BYTES } from '../../protocol/index.js'
import { registerAnswerHeaders } from './answer-headers.js'
import { COMPRESSION } from './compression.js'
import { handleError, handleNotFound, HttpError } from './error-handler.js'
import { noticeRequestHooks } from './request-hooks.js'
import { chooseSubprotocol } from './subprotocol.js'
import { createUpgradeGate } from './upgrade-gate.js'

/** What the shared plugins need. */
export interface PluginOptions {
  readonly version: string
  readonly isOriginAllowed: (request: FastifyRequest) => boolean
}

/** How long a peer has to answer a close frame before its socket is cut, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000

/**
 * Swagger UI makes style elements as it runs. Its own policy would also ask browsers to fetch everything over
 * https, which leaves the page blank where the server is reached over plain HTTP.
 */
const docsPolicy = {
  'default-src': "'self'",
  'base-uri': "'self'",
  'object-src': "'none'",
  'img-src': "'self' data:",
  'style-src': "'self' 'unsafe-inline'",
  'frame-ancestors': "'self'",
}

/** Registers what every route relies on; to be called before any route is added. */
export async function registerPlugins(app: FastifyInstance, options: PluginOptions): Promise<void> {
  app.setErrorHandler(handleError)
  app.setNotFoundHandler(handleNotFound)
  logRequests(app)
  await registerAnswerHeaders(app, options.isOriginAllowed)
  await registerDocs(app, options.version)
  await registerWebSocket(app)
  // Whoever adds a hook expects that it sees upgrades too.
  noticeRequestHooks(app, (stage) => {
    app.upgradeGate.takeNone()
    app.log.info({ stage }, 'a hook was added: each upgrade becomes a request, which costs time')
  })
}

async function registerDocs(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Pipecast',
        version,
        description: 'The true state of your data pipelines, within milliseconds of the commit.',
      },
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      },
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: docsPolicy })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
}

async function registerWebSocket(app: FastifyInstance): Promise<void> {
  app.decorate('upgradeGate', createUpgradeGate(app.server, app.log))
  await app.register(websocket, {
    options: {
      server: app.upgradeGate.server,
      maxPayload: MAX_CLIENT_MESSAGE_BYTES,
      perMessageDeflate: COMPRESSION,
      ...{ closeTimeout: CLOSE_TIMEOUT_MS }, // newer than the types of ws
      handleProtocols: chooseSubprotocol,
    },
    errorHandler(error, socket, request) {
      // A close frame that says why is on its way already; ws ends the socket itself.
      request.log.debug({ code: (error as { code?: unknown }).code }, 'WebSocket error')
      socket.close()
    },
    // The connection manager has let everybody go by now; whoever is left is cut off, because one
    // peer that never answers must not hold up the end of the process.
    preClose(done) {
      for (const client of this.websocketServer.clients) client.terminate()
      this.websocketServer.close(() => done())
    },
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const isMisled =
      request.ws && request.routeOptions.config.isSocketRoute !== true && !request.is404
    done(
      isMisled
        ? new HttpError(400, 'not_a_socket', 'there is no WebSocket at this path')
        : undefined,
    )
  })
}

/** One line for each request that changes or refuses something; the path without its query. */
function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const isQuiet = reply.statusCode < 400
    request.log[isQuiet ? 'debug' : 'info'](
      {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
    done()
  })
}
