import { request } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { samplesOf } from '../../support/prometheus-text.js'
import {
  type Attempt,
  attemptSocket,
  isUpdate,
  openSocket,
  PIPELINE_STATUS_PATH,
  type SocketOptions,
} from '../../support/socket-client.js'
import { type LogLine, startStreamingApp, type StreamingApp } from './streaming-app.js'

const UNDER_API = `/api/v1${PIPELINE_STATUS_PATH}`

async function start(...args: Parameters<typeof startStreamingApp>): Promise<StreamingApp> {
  const app = await startStreamingApp(...args)
  onTestFinished(() => app.close())
  return app
}

/** What somebody might add: a hook that looks at every request and lets it pass. */
function addHook(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, _reply, done) => done())
}

const statusOf = (attempt: Attempt) => (attempt.kind === 'open' ? 101 : attempt.status)

/** What a log says of somebody, without what differs each time. */
function stories(log: readonly LogLine[]): readonly unknown[] {
  return log
    .filter(({ msg }) => msg.startsWith('WebSocket'))
    .map((line) => ({ ...line, time: undefined, sid: typeof line['sid'], ageMs: undefined }))
}

async function countsOf({
  metrics,
}: StreamingApp): Promise<readonly (readonly [string, number])[]> {
  const samples = [...samplesOf(await metrics.registry.metrics())]
  return samples.filter(([name]) => name.startsWith('pipecast_connections'))
}

describe('an upgrade that is let in', () => {
  it.each([PIPELINE_STATUS_PATH, UNDER_API, `${PIPELINE_STATUS_PATH}?auth=message`])(
    '[P1.1] [P3.1] [P3.2] at %s is served before it becomes a request',
    async (path) => {
      const app = await start()

      const client = await openSocket(app.url + path, { protocols: ['pipecast.v1'] })
      await client.frame(isUpdate)

      expect(app.requested).toEqual([])
      expect(client.socket.protocol).toBe('pipecast.v1')
      expect(client.parsed.map(({ type }) => type)).toEqual([
        'connection_status',
        'pipeline_status_update',
      ])
    },
  )

  it('is told of in the log and counted as one that became a request', async () => {
    const atGate = await start()
    const asRequest = await start({}, addHook)

    for (const app of [atGate, asRequest]) {
      const client = await openSocket(app.url + PIPELINE_STATUS_PATH)
      await client.frame(isUpdate)
      await client.leave()
      await expect.poll(() => stories(app.log).length).toBe(2)
    }

    expect(atGate.requested).toEqual([])
    expect(asRequest.requested).toEqual([PIPELINE_STATUS_PATH])
    expect(stories(atGate.log)).toEqual(stories(asRequest.log))
    expect(stories(atGate.log)[0]).toMatchObject({
      msg: 'WebSocket connected',
      address: '127.0.0.1',
      feed: 'pipeline-status',
      active: 1,
    })
    expect(await countsOf(atGate)).toEqual(await countsOf(asRequest))
    expect(await countsOf(atGate)).toContainEqual([
      'pipecast_connections_opened_total{transport="WebSocket"}',
      1,
    ])
  })

  it('[P2.3] has a place, which is free again when it leaves', async () => {
    const app = await start({ MAX_CONNECTIONS: '1' })

    const first = await openSocket(app.url + PIPELINE_STATUS_PATH)
    const whileTaken = app.manager.counts.active
    await first.leave()
    await expect.poll(() => app.manager.counts.active).toBe(0)
    const second = await attemptSocket(app.url + PIPELINE_STATUS_PATH)

    expect(whileTaken).toBe(1)
    expect(second.kind).toBe('open')
  })

  it('[P2.3] leaves its place when the handshake fails after all', async () => {
    const app = await start()

    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(app.url.replace('ws', 'http') + PIPELINE_STATUS_PATH, {
        headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '7' },
      })
        .once('response', (response) => resolve(response.resume().statusCode))
        .once('error', reject)
        .end()
    })

    expect(status).toBe(400)
    expect(app.requested).toEqual([])
    await expect.poll(() => app.manager.counts.active).toBe(0)
  })
})

describe('an upgrade becomes a request', () => {
  it.each([
    ['for a feed that is not there', '/ws/monitoring/nothing', {}, 404],
    ['with a name that is encoded', '/ws/monitoring/pipeline%2Dstatus', {}, 101],
    ['with a view', `${PIPELINE_STATUS_PATH}?view=full`, {}, 101],
    ['with a view that is none', `${PIPELINE_STATUS_PATH}?view=half`, {}, 400],
    ['with any other parameter', `${PIPELINE_STATUS_PATH}?token=x`, {}, 101],
    ['with a slash too many', `${PIPELINE_STATUS_PATH}/`, {}, 404],
    ['at a path that has no socket', '/docs/json', {}, 400],
    [
      'from a page that may not connect',
      PIPELINE_STATUS_PATH,
      { headers: { Origin: 'https://other.example.com' } },
      403,
    ],
  ] satisfies readonly (readonly [string, string, SocketOptions, number])[])(
    '[P1.2] [P2.1] %s',
    async (_what, path, options, status) => {
      const app = await start()

      const attempt = await attemptSocket(app.url + path, options)

      expect(statusOf(attempt)).toBe(status)
      expect(app.requested).toEqual([path])
    },
  )

  it.each([
    ['address_limit', { MAX_CONNECTIONS_PER_ADDRESS: '2' }],
    ['at_capacity', { MAX_CONNECTIONS: '2' }],
  ])('[P2.1] and is refused once, when there is no place: %s', async (code, settings) => {
    const app = await start(settings)
    await openSocket(app.url + PIPELINE_STATUS_PATH)
    await openSocket(app.url + PIPELINE_STATUS_PATH)

    const client = await openSocket(app.url + PIPELINE_STATUS_PATH)
    const end = await client.ended

    expect(end.code).toBe(4100)
    expect(app.requested).toEqual([PIPELINE_STATUS_PATH])
    expect(await countsOf(app)).toContainEqual([
      `pipecast_connections_refused_total{transport="WebSocket",code="${code}"}`,
      1,
    ])
    expect(app.log.filter(({ msg }) => msg === 'WebSocket refused')).toHaveLength(1)
  })

  it('[P2.1] while the server is draining, and is refused', async () => {
    const app = await start()
    app.manager.refuseNew()

    const attempt = await attemptSocket(app.url + PIPELINE_STATUS_PATH)

    expect(statusOf(attempt)).toBe(503)
    expect(app.requested).toHaveLength(1)
  })

  it('[P2.6] where watching needs a token', async () => {
    const app = await start({ VIEW_TOKENS: 'a-token-of-some-length' })

    const without = await attemptSocket(app.url + PIPELINE_STATUS_PATH)
    const withToken = await attemptSocket(app.url + PIPELINE_STATUS_PATH, {
      headers: { Authorization: 'Bearer a-token-of-some-length' },
    })

    expect([without, withToken].map(statusOf)).toEqual([401, 101])
    expect(app.requested).toHaveLength(2)
  })
})

describe('a hook that somebody adds', () => {
  it('sees each upgrade, and may refuse it', async () => {
    const seen: string[] = []
    const app = await start({}, (fastify) => {
      fastify.addHook('onRequest', async (request, reply) => {
        seen.push(request.url)
        if (request.headers['x-pass'] === undefined) await reply.code(418).send({ code: 'no' })
      })
    })

    const refused = await attemptSocket(app.url + PIPELINE_STATUS_PATH)
    const passed = await attemptSocket(app.url + UNDER_API, { headers: { 'X-Pass': 'yes' } })

    expect([refused, passed].map(statusOf)).toEqual([418, 101])
    expect(seen).toEqual([PIPELINE_STATUS_PATH, UNDER_API])
    expect(app.log.filter(({ msg }) => msg.startsWith('a hook was added'))).toHaveLength(1)
  })

  it('of a scope of its own leaves upgrades alone', async () => {
    const app = await start({}, (fastify) => {
      void fastify.register(async (scope) => {
        addHook(scope)
        await Promise.resolve()
      })
    })

    await openSocket(app.url + PIPELINE_STATUS_PATH)

    expect(app.requested).toEqual([])
  })
})
