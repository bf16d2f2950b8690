import { Type } from '@fastify/type-provider-typebox'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { setRetryAfter } from '../http/error-handler.js'

/** How the database looks from here, without asking it. */
export interface DatabaseHealth {
  /** `starting` until the first migration and read, `unreachable` when the last attempt failed. */
  readonly status: 'starting' | 'connected' | 'unreachable'
  /** Whether commits are pushed; `degraded` means that only the tick finds them. */
  readonly wakeup: 'push' | 'degraded'
}

/** Whether a socket would be let in. */
export interface AdmissionHealth {
  readonly active: number
  readonly max: number
  readonly accepting: boolean
  /** Why not, and when to try again; absent while sockets are accepted. */
  readonly code?: string
  readonly retry_after_ms?: number
}

/** The caller's own token, as this service sees it. */
export interface TokenHealth {
  readonly token_present: boolean
  readonly token_valid: boolean
  /** Absent for a token that does not expire. */
  readonly token_expires?: string
}

/** What the health routes need; all but `isReady` and `poll` answer from memory. */
export interface HealthRoutesDeps {
  readonly version: string
  readonly now: () => Date
  readonly isDraining: () => boolean
  readonly database: () => DatabaseHealth
  readonly connections: () => { readonly active: number; readonly max: number }
  readonly admission: (request: FastifyRequest) => AdmissionHealth
  readonly token: (request: FastifyRequest) => Promise<TokenHealth>
  /** Whether the caller may see the data, which needs a token where watching does. */
  readonly maySeeData: (request: FastifyRequest) => Promise<boolean>
  /** The newest update frame as JSON text; read anew only when it is not current. */
  readonly poll: () => Promise<{ readonly frameJson: string } | undefined>
  /** Asks the database. */
  readonly isReady: () => Promise<boolean>
}

const RETRY_AFTER_MS = 5_000
const tags = ['health']

/** Liveness, readiness, and the polling fallback. */
export function healthRoutes(deps: HealthRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    app.get(
      '/health',
      {
        schema: {
          tags,
          summary: 'Liveness: how this process runs',
          description: 'Answers from memory and never touches the database.',
        },
      },
      async (request, reply) => {
        reply.header('Cache-Control', 'no-store')
        return liveness(deps, await deps.token(request))
      },
    )

    app.get(
      '/api/v1/public/health',
      {
        schema: {
          tags: ['health', 'monitoring'],
          summary: 'The polling fallback: health, admission, and the newest update frame',
          description:
            'Holds what a socket would have sent, and whether one would be let in now. 200 while there is any data, old data included.',
        },
      },
      (request, reply) => sendFallback(deps, request, reply),
    )

    app.get(
      '/api/v1/public/ready',
      {
        schema: {
          tags,
          summary: 'Readiness: database reachable, migrations done, not draining',
          response: { 200: readySchema, 503: readySchema },
        },
      },
      async (_request, reply) => {
        const isReady = !deps.isDraining() && (await deps.isReady())
        if (!isReady) setRetryAfter(reply, RETRY_AFTER_MS)
        return reply
          .header('Cache-Control', 'no-store')
          .code(isReady ? 200 : 503)
          .send({ ready: isReady, draining: deps.isDraining(), database: deps.database().status })
      },
    )
  }
}

const readySchema = Type.Object({
  ready: Type.Boolean(),
  draining: Type.Boolean(),
  database: Type.String({ description: 'starting, connected or unreachable' }),
})

function liveness(deps: HealthRoutesDeps, token: TokenHealth): object {
  const memory = process.memoryUsage()
  return {
    status: deps.isDraining() ? 'draining' : 'ok',
    timestamp: deps.now().toISOString(),
    service: 'pipecast',
    version: deps.version,
    async_mode: 'event-loop',
    transport: 'ws',
    ...token,
    node_version: process.version,
    uptime_seconds: Math.round(process.uptime()),
    pid: process.pid,
    memory: { rss_bytes: memory.rss, heap_used_bytes: memory.heapUsed },
    connections: deps.connections(),
    database: deps.database(),
  }
}

/** The frame is spliced in as text: it is encoded once, whoever asks. */
async function sendFallback(
  deps: HealthRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [newest, maySeeData] = await Promise.all([deps.poll(), deps.maySeeData(request)])
  const database = deps.database()
  const head = {
    status: newest === undefined || database.status !== 'connected' ? 'degraded' : 'ok',
    service: 'pipecast',
    version: deps.version,
    connections: deps.admission(request),
    database,
  }
  reply.header('Cache-Control', 'no-store').type('application/json; charset=utf-8')
  if (newest === undefined) {
    return setRetryAfter(reply, RETRY_AFTER_MS)
      .code(503)
      .send({ ...head, timestamp: deps.now().toISOString() })
  }
  if (!maySeeData) return reply.send({ ...head, timestamp: deps.now().toISOString() })
  return reply.send(`${JSON.stringify(head).slice(0, -1)},${newest.frameJson.slice(1)}`)
}
