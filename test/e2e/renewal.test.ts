import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { percentile } from '../support/percentile.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import {
  attemptSocket,
  isUpdate,
  openSocket,
  openSockets,
  PIPELINE_STATUS_PATH,
  type SocketClient,
} from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

/** How much later than due a busy machine may notice something. */
const TOLERANCE_MS = 400

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

async function withServer(
  env: Readonly<Record<string, string>>,
  use: (server: ServerProcess, url: string) => Promise<void>,
): Promise<void> {
  const server = await startServer({ databaseUrl: database.connectionString, env })
  try {
    await use(server, server.socketUrl + PIPELINE_STATUS_PATH)
  } finally {
    await server.kill()
  }
}

/** Whether an address is served now; one that is only told why not is not. */
async function isServed(url: string, localAddress: string): Promise<boolean> {
  const attempt = await attemptSocket(url, { localAddress })
  if (attempt.kind === 'refused') return false
  const { type } = await attempt.client.frame(() => true)
  await attempt.client.leave()
  return type === 'connection_status'
}

const positions = (client: SocketClient) => client.updates.map(({ seq }) => seq)

describe.concurrent('at its maximum age', () => {
  it('[P5.3] a socket is told, and then closed between 80 and 100 % of that age', async () => {
    const maxAgeMs = 4_000
    await withServer({ MAX_CONNECTION_AGE_MS: String(maxAgeMs) }, async (_server, url) => {
      const clients = await openSockets(url, 40)

      const ends = await Promise.all(clients.map((client) => client.ended))

      const noticesMs: number[] = []
      const agesMs = await Promise.all(
        clients.map(async (client, index) => {
          const closing = await client.ofType('connection_closing')
          expect(closing).toMatchObject({ reason: 'max_age', retry_after_ms: 0 })
          noticesMs.push(ends[index]!.endedAt - closing.receivedAt)
          return ends[index]!.endedAt - client.frames[0]!.receivedAt
        }),
      )
      const [youngest, oldest] = [Math.min(...agesMs), Math.max(...agesMs)]
      console.log(
        `maximum age 4000 ms: 40 sockets ended at ${youngest.toFixed(0)} to ${oldest.toFixed(0)} ms, told ${percentile(noticesMs, 0.5).toFixed(0)} ms before`,
      )
      expect(ends.every(({ code }) => code === 4200)).toBe(true)
      expect(Math.min(...noticesMs)).toBeGreaterThan(0)
      expect(percentile(noticesMs, 0.5)).toBeGreaterThan(200)
      expect(youngest).toBeGreaterThan(0.8 * maxAgeMs - 50)
      expect(oldest).toBeLessThan(maxAgeMs + TOLERANCE_MS)
      expect(oldest - youngest).toBeGreaterThan(0.05 * maxAgeMs) // not all at once
    })
  })

  it('[P5.4] a socket is succeeded without a gap, at the cap, where a stranger is refused', async () => {
    const env = { MAX_CONNECTIONS: '2', MAX_CONNECTION_AGE_MS: '5000' }
    await withServer(env, async (server, url) => {
      const mine = '127.0.0.2'
      const neighbour = await openSocket(url, { localAddress: '127.0.0.3' })
      const first = await openSocket(url, { localAddress: mine })
      const reporting = new AbortController()
      const reports = reportSteadily(server, reporting.signal)

      await first.ofType('connection_closing')
      const strangerDuringNotice = await isServed(url, '127.0.0.4')
      const successor = await openSocket(url, { localAddress: mine })
      await successor.frame(isUpdate)
      const bothOpen = first.end === undefined
      const health = await server.getJson<{ connections: object }>('/health')
      const end = await first.ended
      await delay(300)
      reporting.abort()
      await reports

      const seen = new Set([...positions(first), ...positions(successor)])
      const all = [...seen].toSorted((a, b) => a - b)
      console.log(
        `make before break: seq ${all[0]!} to ${all.at(-1)!} over two sockets, ${all.at(-1)! - all[0]! + 1 - all.length} missing`,
      )
      expect(strangerDuringNotice).toBe(false)
      expect(bothOpen).toBe(true)
      expect(end.code).toBe(4200)
      expect(health.connections).toEqual({ active: 2, max: 2 })
      expect(all.length).toBeGreaterThan(20)
      expect(all).toEqual(all.map((_, index) => all[0]! + index))
      expect(positions(successor)[0]).toBeLessThanOrEqual(positions(first).at(-1)! + 1)
      await neighbour.leave()
    })
  })

  it('[P5.4] a place is kept for the successor for five seconds, and then for anybody', async () => {
    const env = { MAX_CONNECTIONS: '1', MAX_CONNECTION_AGE_MS: '2000' }
    await withServer(env, async (server, url) => {
      const mine = '127.0.0.5'
      const stranger = '127.0.0.6'
      const first = await openSocket(url, { localAddress: mine })
      await first.ended
      const kept = await server.getJson<{ connections: object }>('/api/v1/public/health')
      await delay(3_500)
      const strangerWhileKept = await isServed(url, stranger)
      const second = await openSocket(url, { localAddress: mine })
      const greeting = await second.frame(() => true)
      await second.ended
      await delay(4_000)
      const strangerBefore = await isServed(url, stranger)
      await delay(1_500)
      const strangerAfter = await isServed(url, stranger)

      expect(kept.connections).toMatchObject({ active: 1, max: 1, accepting: false })
      expect(strangerWhileKept).toBe(false)
      expect(greeting.type).toBe('connection_status')
      expect(strangerBefore).toBe(false)
      expect(strangerAfter).toBe(true)
    })
  })
})

/** Something new is committed about twenty times a second. */
async function reportSteadily(server: ServerProcess, signal: AbortSignal): Promise<void> {
  for (let number = 0; !signal.aborted; number += 1) {
    await report(server.url, runEvent('COMPLETE', `job-${number % 10}`))
    await delay(40)
  }
}
