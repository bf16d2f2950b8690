import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { addVary } from './vary.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What @fastify/cors does on this route; it does not declare this itself. */
    readonly cors?: false
  }
}

const EXPOSED_HEADERS = [
  'ETag',
  'Retry-After',
  'Pipecast-Epoch',
  'Pipecast-Seq',
  'Pipecast-Generated-At',
  'Pipecast-Stale',
]

/**
 * Registers what puts the headers of security and of CORS on every answer.
 *
 * On socket routes they are put on when an answer is sent: most upgrades are served, and have none.
 */
export async function registerAnswerHeaders(
  app: FastifyInstance,
  isOriginAllowed: (request: FastifyRequest) => boolean,
): Promise<void> {
  // Before the plugins, whose own hooks read what this one says of a route.
  app.addHook('onRoute', (route) => {
    if (route.config?.isSocketRoute !== true) return
    route.helmet = false
    route.config = { ...route.config, cors: false }
    route.onSend = (request, reply, _payload, done) => {
      reply.helmet()
      setCorsHeaders(request, reply, isOriginAllowed(request))
      done()
    }
  })
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'self'"], objectSrc: ["'none'"], frameAncestors: ["'self'"] },
    },
    // Whether the whole domain is https for ever is for whoever owns it to say.
    strictTransportSecurity: false,
    // Status is meant to be read by pages elsewhere; CORS says by which.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  })
  await app.register(cors, {
    delegator: (request, callback) => {
      callback(null, {
        // On routes without CORS nobody reads the answer.
        origin: request.routeOptions.config.cors !== false && isOriginAllowed(request),
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
        exposedHeaders: EXPOSED_HEADERS,
        maxAge: 600,
      })
    },
  })
}

/** As @fastify/cors does it before a handler; this is for later. */
function setCorsHeaders(request: FastifyRequest, reply: FastifyReply, isAllowed: boolean): void {
  addVary(reply, 'Origin')
  if (!isAllowed) return
  const { origin } = request.headers
  if (origin !== undefined) reply.header('Access-Control-Allow-Origin', origin)
  reply.header('Access-Control-Expose-Headers', EXPOSED_HEADERS.join(', '))
}
