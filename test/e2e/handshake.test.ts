import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import {
  attemptSocket,
  isUpdate,
  openSocket,
  PIPELINE_STATUS_PATH,
  type SocketOptions,
} from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const ALLOWED = 'https://dash.example.com'

let database: TestDatabase
let server: ServerProcess
let production: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  const env = { ALLOWED_ORIGINS: ALLOWED }
  server = await startServer({ databaseUrl: database.connectionString, env })
  production = await startServer({
    databaseUrl: database.connectionString,
    env: { ...env, NODE_ENV: 'production' },
  })
})

afterAll(async () => {
  await server.kill()
  await production.kill()
  await database.drop()
})

/** The status of an upgrade: 101 when it is served. */
async function statusOf(on: ServerProcess, path: string, options?: SocketOptions): Promise<number> {
  const attempt = await attemptSocket(on.socketUrl + path, options)
  if (attempt.kind === 'refused') return attempt.status
  await attempt.client.leave()
  return 101
}

const fromOrigin = (origin: string) => ({ headers: { Origin: origin } })

describe('the socket path', () => {
  it('[P1.2] tells a plain GET how to connect', async () => {
    const response = await server.get(PIPELINE_STATUS_PATH)

    expect(response.status).toBe(426)
    expect(response.headers.get('upgrade')).toBe('websocket')
    expect(await response.json()).toEqual({
      code: 'upgrade_required',
      message: expect.stringContaining(PIPELINE_STATUS_PATH),
      protocol: 'pipecast.v1',
      fallback: '/api/v1/public/health',
    })
  })

  it('[P1.2] answers 404 for a feed that is not there, asked plainly or for a socket', async () => {
    const plain = await server.get('/ws/monitoring/nothing')

    expect(plain.status).toBe(404)
    expect(await plain.json()).toMatchObject({ code: 'no_such_feed' })
    expect(await statusOf(server, '/ws/monitoring/nothing')).toBe(404)
    expect(await statusOf(server, '/nowhere')).toBe(404)
  })

  it.each(['/health', '/api/v1/public/health', '/docs', '/openapi.json'])(
    '[P1.2] refuses an upgrade of %s, which is no socket',
    async (path) => {
      const attempt = await attemptSocket(server.socketUrl + path)

      expect(attempt).toMatchObject({ kind: 'refused', status: 400 })
    },
  )

  it('[P1.1] is served below /api/v1 as well', async () => {
    const client = await openSocket(`${server.socketUrl}/api/v1${PIPELINE_STATUS_PATH}`)

    const update = await client.frame(isUpdate)

    expect(update.data).toMatchObject({ status: 'Unknown', sources: {} })
    await client.leave()
  })

  it('has no hook of the application in its way, so that upgrades are served at the gate', () => {
    const lines = server.log.map(({ msg }) => msg)

    expect(lines).toContain('listening')
    expect(lines.filter((line) => line.startsWith('a hook was added'))).toEqual([])
  })

  it('[P2.7] echoes the subprotocol to a client that offers it, and serves one that does not', async () => {
    const url = server.socketUrl + PIPELINE_STATUS_PATH

    const offered = await openSocket(url, { protocols: ['other.v9', 'pipecast.v1'] })
    const silent = await openSocket(url)

    expect(offered.socket.protocol).toBe('pipecast.v1')
    expect(silent.socket.protocol).toBe('')
    await offered.leave()
    await silent.leave()
  })
})

describe('the greeting', () => {
  it('[P3.1] comes first, says what to expect, and data follows at once', async () => {
    const client = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)

    const update = await client.frame(isUpdate, { timeoutMs: 1_000 })

    const [greeting] = client.parsed
    expect(greeting).toEqual({
      type: 'connection_status',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      data: {
        status: 'connected',
        message: expect.any(String),
        sid: expect.stringMatching(/^[\w-]{12}$/),
        protocol: 'pipecast.v1',
        broadcast_interval_ms: 5_000,
        ping_interval_ms: 25_000,
        stale_after_ms: 60_000,
        max_age_ms: 1_800_000,
        epoch: update.epoch,
      },
    })
    expect(update.seq).toBeGreaterThanOrEqual(1)
    expect(Date.parse(update.generated_at)).toBeLessThanOrEqual(Date.parse(update.timestamp))
    await client.leave()
  })
})

describe('the origin of a page', () => {
  it('[P2.1] [P2.2] that is not allowed is refused with 403 and a time to wait', async () => {
    const url = server.socketUrl + PIPELINE_STATUS_PATH

    const attempt = await attemptSocket(url, fromOrigin('https://evil.example.com'))

    if (attempt.kind === 'open') throw new Error('let in')
    expect(attempt.status).toBe(403)
    expect(Number(attempt.headers['retry-after'])).toBeGreaterThan(0)
    expect(JSON.parse(attempt.body)).toMatchObject({
      code: 'origin_not_allowed',
      retry_after_ms: 60_000,
    })
  })

  it('[P2.5] is allowed when it is named, or the host of the service itself', async () => {
    for (const on of [server, production]) {
      expect(await statusOf(on, PIPELINE_STATUS_PATH, fromOrigin(ALLOWED))).toBe(101)
      expect(await statusOf(on, PIPELINE_STATUS_PATH, fromOrigin(on.url))).toBe(101)
      expect(await statusOf(on, PIPELINE_STATUS_PATH, fromOrigin('null'))).toBe(403)
    }
  })

  it('[P2.5] may be this machine, but not in production', async () => {
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1:5173', 'http://[::1]:80']) {
      expect(await statusOf(server, PIPELINE_STATUS_PATH, fromOrigin(origin))).toBe(101)
      expect(await statusOf(production, PIPELINE_STATUS_PATH, fromOrigin(origin))).toBe(403)
    }
  })
})

describe('an answer on the socket path', () => {
  const EVIL = 'https://evil.example.com'
  const NOWHERE = '/ws/monitoring/nothing'

  /** The headers that browsers heed, whatever the answer. */
  const heeded = (headers: Iterable<[string, unknown]>) =>
    Object.fromEntries(
      [...headers].filter(([name]) =>
        /^(content-security|cross-origin|access-control|origin-|referrer|vary|x-)/.test(name),
      ),
    )

  it.each([PIPELINE_STATUS_PATH, NOWHERE])(
    '[P2.2] at %s has the headers of any other, when it is asked for plainly',
    async (path) => {
      const other = await server.get('/nowhere', { Origin: ALLOWED })

      const answer = await server.get(path, { Origin: ALLOWED })

      expect(answer.headers.get('access-control-allow-origin')).toBe(ALLOWED)
      expect(heeded(answer.headers)).toEqual(heeded(other.headers))
    },
  )

  it.each([
    { path: PIPELINE_STATUS_PATH, origin: EVIL },
    { path: NOWHERE, origin: ALLOWED },
  ])(
    '[P2.2] has the headers of any other, when it refuses $origin a socket at $path',
    async ({ path, origin }) => {
      const other = await server.get('/nowhere', { Origin: origin })

      const attempt = await attemptSocket(server.socketUrl + path, fromOrigin(origin))

      if (attempt.kind === 'open') throw new Error('let in')
      expect(heeded(Object.entries(attempt.headers))).toEqual(heeded(other.headers))
      expect(heeded(other.headers)).toHaveProperty('x-content-type-options')
    },
  )
})

describe('a client that offers another upgrade on the side', () => {
  it('gets an ordinary answer to its ordinary request', async () => {
    const body = JSON.stringify(runEvent('COMPLETE', 'from-java'))

    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(
        `${server.url}/api/v1/lineage`,
        {
          method: 'POST',
          agent: false,
          headers: {
            Connection: 'Upgrade, HTTP2-Settings',
            Upgrade: 'TLS/1.2',
            'Content-Type': 'application/json',
            'Content-Length': Buffer.byteLength(body),
          },
        },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      )
      sent.once('error', reject)
      sent.end(body)
    })

    expect(status).toBe(201)
  })
})
