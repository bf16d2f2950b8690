import { SignJWT } from 'jose'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import {
  attemptSocket,
  loopback,
  openSocket,
  openSockets,
  PIPELINE_STATUS_PATH,
} from '../support/socket-client.js'
import {
  attemptStream,
  openStream,
  PIPELINE_STATUS_STREAM,
  type StreamAttempt,
} from '../support/stream-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const SECRET = 'a-secret-of-more-than-32-characters-for-tests'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

async function start(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const server = await startServer({ databaseUrl: database.connectionString, env })
  onTestFinished(() => server.kill())
  return server
}

async function activeOn(server: ServerProcess): Promise<number> {
  const { connections } = await server.getJson<{ connections: { active: number } }>('/health')
  return connections.active
}

async function untilActive(server: ServerProcess, expected: number): Promise<void> {
  await expect.poll(() => activeOn(server), { timeout: 5_000, interval: 20 }).toBe(expected)
}

function sign(secondsLeft: number): Promise<string> {
  return new SignJWT({ sub: 'viewer' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.ceil(Date.now() / 1_000) + secondsLeft)
    .sign(new TextEncoder().encode(SECRET))
}

const isOpen = (attempt: StreamAttempt) => attempt.kind === 'open'

describe('an event stream', () => {
  it('[P1.8] carries the frames of the socket, with the cursor of each update', async () => {
    const server = await start()
    const url = server.url + PIPELINE_STATUS_STREAM
    const client = await openStream(url, { headers: { Origin: 'http://localhost:3000' } })
    const socket = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)
    await report(server.url, runEvent('FAIL', 'streamed', 'a reason\nof two lines'))

    const told = await client.message(
      ({ type, data }) =>
        type === 'pipeline_status_update' && JSON.stringify(data).includes('a reason'),
    )
    const same = await socket.frame(({ seq }) => seq === told.frame.seq)

    expect({ ...told.frame, receivedAt: same.receivedAt }).toEqual(same)
    expect(told.id).toBe(`${same.epoch}:${same.seq}`)
    expect(client.frames[0]).toMatchObject({
      type: 'connection_status',
      data: { epoch: same.epoch },
    })
    expect(client.messages[0]?.retryMs).toBe(5_000)
    expect(client.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': 'http://localhost:3000',
      'x-content-type-options': 'nosniff',
    })
  })

  it('[P1.8] is not opened by HEAD, and not there for a feed that is not', async () => {
    const server = await start()

    const head = await fetch(server.url + PIPELINE_STATUS_STREAM, { method: 'HEAD' })
    const other = await server.get('/api/v1/monitoring/nobody/stream')

    expect(head.status).toBe(200)
    expect(head.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await activeOn(server)).toBe(0)
    expect(other.status).toBe(404)
    expect(await other.json()).toMatchObject({ code: 'no_such_feed' })
  })

  it('[P5.7] does not repeat what a client that comes back has', async () => {
    const server = await start({ BROADCAST_INTERVAL_MS: '1500' })
    const url = server.url + PIPELINE_STATUS_STREAM
    const first = await openStream(url)
    const { id = '' } = await first.ofType('pipeline_status_update')
    first.leave()

    const openedAt = performance.now()
    const second = await openStream(url, { headers: { 'Last-Event-ID': id } })
    const update = await second.ofType('pipeline_status_update')

    expect(update.id).toBe(id)
    expect(update.receivedAt - openedAt).toBeGreaterThan(1_400)
    await report(server.url, runEvent('COMPLETE', 'since-then'))
    const next = await second.message(({ seq }) => seq > update.frame.seq)
    expect(next.id).not.toBe(id)
  })

  it('[P5.7] lives although nothing is said for longer than a request may take', async () => {
    const server = await start({ BROADCAST_INTERVAL_MS: '3600000', PING_INTERVAL_MS: '2000' })
    const client = await openStream(server.url + PIPELINE_STATUS_STREAM)

    await delay(13_500)
    await report(server.url, runEvent('FAIL', 'late', 'still here'))
    await client.message(({ data }) => JSON.stringify(data).includes('still here'))

    console.log(`silent for 13.5 s: ${client.commentedAt.length} comments, still open`)
    expect(client.commentedAt.length).toBeGreaterThanOrEqual(5)
    expect(client.updates.length).toBeGreaterThanOrEqual(2)
  })
})

describe('streams and sockets', () => {
  it('[P1.8] [P2.3] share the places, and are counted together', async () => {
    const server = await start()
    const url = server.url + PIPELINE_STATUS_STREAM
    const sockets = await openSockets(server.socketUrl + PIPELINE_STATUS_PATH, 20)

    const attempts = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        attemptStream(url, { localAddress: loopback(20 + index) }),
      ),
    )
    const socket = await attemptSocket(server.socketUrl + PIPELINE_STATUS_PATH, {
      localAddress: '127.0.0.9',
    })

    const served = attempts.filter(isOpen)
    const refused = attempts.find((attempt) => attempt.kind === 'refused')
    console.log(`20 sockets and 60 streams at once: ${served.length} streams served`)
    expect(served).toHaveLength(30)
    expect(await activeOn(server)).toBe(50)
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    expect(JSON.parse(refused?.body ?? '')).toEqual({
      code: 'at_capacity',
      message: expect.any(String),
      retry_after_ms: 5_000,
      fallback: '/api/v1/public/health',
    })
    expect(socket.kind === 'refused' || (await socket.client.ended).code === 4100).toBe(true)
    for (const { client } of served) client.leave()
    await untilActive(server, 20)
    await Promise.all(sockets.map((one) => one.leave()))
    await untilActive(server, 0)
  })

  it('[P1.8] [P2.1] are refused for the same reasons', async () => {
    const server = await start({ MAX_CONNECTIONS_PER_ADDRESS: '1' })
    const url = server.url + PIPELINE_STATUS_STREAM
    await openStream(url)

    const share = await attemptStream(url)
    const origin = await attemptStream(url, { headers: { Origin: 'https://elsewhere.example' } })

    expect(share).toMatchObject({ status: 429, headers: { 'retry-after': '10' } })
    expect(origin).toMatchObject({ status: 403, headers: { 'retry-after': '60' } })
    // Lines of the log gather for a moment.
    await server.logged(({ code }) => code === 'origin_not_allowed', 2_000)
    expect(server.log.filter(({ msg }) => msg === 'stream refused')).toMatchObject([
      { code: 'address_limit' },
      { code: 'origin_not_allowed' },
    ])
  })

  it('[P5.7] [P5.5] are let go in order, each with its own time to come back', async () => {
    const server = await start({ MAX_CONNECTIONS_PER_ADDRESS: '50' })
    const url = server.url + PIPELINE_STATUS_STREAM
    const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(url)))
    const sockets = await openSockets(server.socketUrl + PIPELINE_STATUS_PATH, 5)
    const stuck = await openStream(url)
    stuck.response.socket.pause()

    const { exitCode, tookMs } = await server.stop()
    const ends = await Promise.all(streams.map(({ ended }) => ended))

    const retries = streams.map(({ frames }) => {
      expect(frames.at(-1)).toMatchObject({ type: 'connection_closing', reason: 'restart' })
      return frames.at(-1)!.retry_after_ms
    })
    const codes = await Promise.all(sockets.map(async ({ ended }) => (await ended).code))
    console.log(`20 streams, 5 sockets and a stuck stream let go in ${tookMs.toFixed(0)} ms`)
    expect(exitCode).toBe(0)
    expect(tookMs).toBeLessThan(3_000)
    expect(ends.every(({ isWhole }) => isWhole)).toBe(true)
    expect(new Set(retries).size).toBe(20)
    expect(codes).toEqual([1001, 1001, 1001, 1001, 1001])
    expect(streams[3]?.messages.at(-1)?.retryMs).toBe(retries[3])
  })
})

describe('a stream, at its maximum age', () => {
  it('[P5.7] [P5.4] is announced, ends between 80 and 100 % of it, and leaves its place to its successor', async () => {
    const server = await start({ MAX_CONNECTIONS: '1', MAX_CONNECTION_AGE_MS: '3000' })
    const url = server.url + PIPELINE_STATUS_STREAM
    const first = await openStream(url, { localAddress: '127.0.0.5' })

    const closing = await first.ofType('connection_closing')
    const stranger = await attemptStream(url, { localAddress: '127.0.0.6' })
    const { isWhole, endedAt } = await first.ended
    const lateStranger = await attemptStream(url, { localAddress: '127.0.0.6' })
    const successor = await openStream(url, { localAddress: '127.0.0.5' })
    await successor.ofType('pipeline_status_update')

    const ageMs = endedAt - first.messages[0]!.receivedAt
    console.log(
      `maximum age 3000 ms: told ${(endedAt - closing.receivedAt).toFixed(0)} ms before, ended after ${ageMs.toFixed(0)} ms`,
    )
    expect(closing.frame).toMatchObject({ reason: 'max_age', retry_after_ms: 0 })
    expect(isWhole).toBe(true)
    expect(ageMs).toBeGreaterThan(2_350)
    expect(ageMs).toBeLessThan(3_400)
    expect([stranger, lateStranger]).toMatchObject([{ status: 503 }, { status: 503 }])
    expect(await server.logged(({ msg }) => msg === 'stream disconnected', 1_000)).toMatchObject({
      code: 4200,
      reason: 'maximum age',
      address: '127.0.0.5',
    })
  })
})

describe('a reader that does not read', () => {
  it('[P5.7] [P3.5] is cut off after STALE_AFTER_MS, and others do not wait for it', async () => {
    const own = await createTestDatabase()
    onTestFinished(() => own.drop())
    const env = { STALE_AFTER_MS: '2000', BROADCAST_INTERVAL_MS: '250' }
    const board = await startServer({ databaseUrl: own.connectionString, env })
    onTestFinished(() => board.kill())
    const jobs = Array.from({ length: 1_500 }, (_, index) => `a-source-with-a-name-${index}`)
    await report(
      board.url,
      jobs.map((name) => runEvent('COMPLETE', name)),
    )
    const url = board.url + PIPELINE_STATUS_STREAM
    const reader = await openStream(url)
    const stuck = await openStream(url, { localAddress: '127.0.0.8' })
    await stuck.ofType('pipeline_status_update')
    stuck.response.socket.pause()

    const line = await board.logged(({ msg }) => msg === 'stream disconnected', 25_000)

    const { memory } = await board.getJson<{ memory: { rss_bytes: number } }>('/health')
    console.log(
      `a reader that stopped: cut after ${String(line['ageMs'])} ms, ${String(line['framesSent'])} frames; rss ${(memory.rss_bytes / 1e6).toFixed(0)} MB`,
    )
    expect(line).toMatchObject({ code: 4101, address: '127.0.0.8' })
    expect(reader.updates.length).toBeGreaterThan(Number(line['framesSent']))
    expect(await activeOn(board)).toBe(1)
  })
})

describe('where watching needs a token', () => {
  it('[P1.8] a stream takes it from the header or the query, never on promise', async () => {
    const server = await start({ VIEW_JWT_SECRET: SECRET })
    const url = server.url + PIPELINE_STATUS_STREAM
    const token = await sign(60)

    const [none, promised, wrong, header, query] = await Promise.all([
      attemptStream(url),
      attemptStream(`${url}?auth=message`),
      attemptStream(`${url}?token=${token}x`),
      attemptStream(url, { headers: { Authorization: `Bearer ${token}` } }),
      attemptStream(`${url}?token=${token}`),
    ])

    for (const refused of [none, promised, wrong]) {
      expect(refused).toMatchObject({ status: 401, headers: { 'retry-after': '60' } })
    }
    expect([header.kind, query.kind]).toEqual(['open', 'open'])
    expect(server.output()).not.toContain(token)
  })

  it('[P5.7] a stream ends with an error when it expires, and its place is free at once', async () => {
    const server = await start({ VIEW_JWT_SECRET: SECRET })
    const client = await openStream(
      `${server.url}${PIPELINE_STATUS_STREAM}?token=${await sign(1)}`,
      // The connection outlives the answer, as it does behind a proxy.
      { headers: { Connection: 'keep-alive' } },
    )

    const { isWhole } = await client.ended

    expect(isWhole).toBe(true)
    expect(client.frames.at(-1)).toMatchObject({ type: 'error', code: 'unauthorized' })
    await untilActive(server, 0)
  })

  it('[P2.3] its place is free when its client leaves while the token is looked at', async () => {
    const server = await start({ VIEW_JWT_SECRET: SECRET, MAX_CONNECTIONS_PER_ADDRESS: '50' })
    const { hostname, port } = new URL(server.url)
    const head = `GET ${PIPELINE_STATUS_STREAM}?token=${await sign(60)} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`

    for (let count = 0; count < 60; count += 1) {
      const socket = connect({ host: hostname, port: Number(port) })
      socket.on('error', () => undefined) // it is torn down below
      socket.write(head, () => socket.resetAndDestroy())
    }
    await delay(500)

    await untilActive(server, 0)
  })
})
