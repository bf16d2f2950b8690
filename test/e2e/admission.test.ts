import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openRawSocket, requestUpgrade } from '../support/raw-socket.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import {
  type Attempt,
  attemptSocket,
  isUpdate,
  loopback,
  openSockets,
  PIPELINE_STATUS_PATH,
  type SocketClient,
} from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

async function start(env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const server = await startServer({ databaseUrl: database.connectionString, env })
  onTestFinished(() => server.kill())
  return server
}

async function activeOn(server: ServerProcess): Promise<number> {
  const { connections } = await server.getJson<{ connections: { active: number } }>('/health')
  return connections.active
}

/** Waits until the server counts so many sockets. */
async function untilActive(server: ServerProcess, expected: number): Promise<void> {
  await expect.poll(() => activeOn(server), { timeout: 5_000, interval: 20 }).toBe(expected)
}

/** Sorts what became of many requests; a socket that is only told why not is in the lane. */
async function sort(attempts: readonly Attempt[]) {
  const served: SocketClient[] = []
  const lane: SocketClient[] = []
  const refused: Extract<Attempt, { kind: 'refused' }>[] = []
  for (const attempt of attempts) {
    if (attempt.kind === 'refused') {
      refused.push(attempt)
      continue
    }
    const first = await attempt.client.frame(() => true)
    if (first.type === 'error') lane.push(attempt.client)
    else served.push(attempt.client)
  }
  return { served, lane, refused }
}

async function expectTold(lane: readonly SocketClient[], code: string): Promise<void> {
  for (const client of lane) {
    const end = await client.ended
    expect(end).toMatchObject({ code: 4100, reason: 'Max connections exceeded' })
    expect(client.parsed.map(({ type }) => type)).toEqual(['error'])
    expect(client.parsed[0]).toMatchObject({ code, retry_after_ms: expect.any(Number) })
  }
}

describe('of many upgrades at once', () => {
  it('[P2.2] [P2.3] exactly as many are served as there are places, and the others hear why', async () => {
    const server = await start({})
    const url = server.socketUrl + PIPELINE_STATUS_PATH

    const attempts = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        attemptSocket(url, { localAddress: loopback(index) }),
      ),
    )
    const { served, lane, refused } = await sort(attempts)

    console.log(
      `200 at once: ${served.length} served, ${refused.length} refused, ${lane.length} told over a socket`,
    )
    expect(served).toHaveLength(50)
    expect(await activeOn(server)).toBe(50)
    for (const client of served) await client.frame(isUpdate)
    for (const { status, headers, body } of refused) {
      expect(status).toBe(503)
      expect(headers['retry-after']).toBe('5')
      expect(JSON.parse(body)).toEqual({
        code: 'at_capacity',
        message: expect.any(String),
        retry_after_ms: 5_000,
        fallback: '/api/v1/public/health',
      })
    }
    await expectTold(lane, 'at_capacity')
    await Promise.all(served.map((client) => client.leave()))
    await untilActive(server, 0)
  })

  it('[P2.3] from one address no more are served than its share', async () => {
    const server = await start({ MAX_CONNECTIONS_PER_ADDRESS: '10' })
    const url = server.socketUrl + PIPELINE_STATUS_PATH

    const attempts = await Promise.all(Array.from({ length: 40 }, () => attemptSocket(url)))
    const { served, lane, refused } = await sort(attempts)
    const stranger = await attemptSocket(url, { localAddress: '127.0.0.9' })

    console.log(
      `40 from one address: ${served.length} served, ${refused.length} refused, ${lane.length} told over a socket`,
    )
    expect(served).toHaveLength(10)
    expect(refused.length + lane.length).toBe(30)
    for (const { status, headers, body } of refused) {
      expect(status).toBe(429)
      expect(headers['retry-after']).toBe('10')
      expect(JSON.parse(body)).toMatchObject({ code: 'address_limit', retry_after_ms: 10_000 })
    }
    await expectTold(lane, 'address_limit')
    expect(stranger.kind).toBe('open')
    await Promise.all(served.map((client) => client.leave()))
    await untilActive(server, 1)
  })
})

describe('the informative lane', () => {
  it('[P2.4] holds eight at a time for two seconds at most, and none of them counts', async () => {
    const server = await start({ MAX_CONNECTIONS: '1' })
    const url = server.socketUrl + PIPELINE_STATUS_PATH
    await openSockets(url, 1)
    const enteredAt = performance.now()

    // These never answer the close, so they stay for as long as the lane lets them.
    const raw = await Promise.all(
      Array.from({ length: 30 }, (_, index) => openRawSocket(url, `127.0.2.${index + 1}`)),
    )
    const active = await activeOn(server)
    const inLane = raw.filter(({ status }) => status === 101)
    await Promise.all(
      inLane.map(({ socket }) => new Promise((resolve) => socket.once('close', resolve))),
    )
    const lastedMs = performance.now() - enteredAt
    const next = await attemptSocket(url, { localAddress: '127.0.3.1' })

    console.log(
      `lane: ${inLane.length} of 30 told, the last cut off after ${lastedMs.toFixed(0)} ms`,
    )
    expect(inLane).toHaveLength(8)
    expect(raw.filter(({ status }) => status === 503)).toHaveLength(22)
    expect(active).toBe(1)
    expect(lastedMs).toBeLessThan(3_000)
    expect(next.kind).toBe('open')
    for (const { socket } of raw) socket.destroy()
  })
})

describe('a place', () => {
  it('[P2.3] is free again when the client is gone before it was served', async () => {
    const server = await start({ MAX_CONNECTIONS_PER_ADDRESS: '100' })
    const url = server.socketUrl + PIPELINE_STATUS_PATH

    for (let index = 0; index < 100; index += 1) {
      const socket = requestUpgrade(url)
      setTimeout(() => socket.resetAndDestroy(), index % 10)
    }
    await delay(300)

    await untilActive(server, 0)
    const after = await openSockets(url, 50)
    expect(await activeOn(server)).toBe(50)
    expect(after).toHaveLength(50)
  })

  it('[P2.3] is free again when the handshake fails after the admission', async () => {
    const server = await start({ MAX_CONNECTIONS: '5' })
    const url = `${server.url}${PIPELINE_STATUS_PATH}`
    const badHandshake = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '7',
    }

    const statuses = await Promise.all(
      Array.from(
        { length: 5 },
        () =>
          new Promise<number | undefined>((resolve, reject) => {
            request(url, { headers: badHandshake, agent: false }, (response) => {
              response.resume()
              resolve(response.statusCode)
            })
              .once('error', reject)
              .end()
          }),
      ),
    )

    expect(statuses.every((status) => status === 400 || status === 426)).toBe(true)
    await untilActive(server, 0)
  })
})
