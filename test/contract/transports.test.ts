import { SignJWT } from 'jose'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { ConnectionState, Update } from '../../src/client/index.js'
import { followFeed, type OnlyTransport } from '../support/followed-feed.js'
import { type ControlledPostgres, startControlledPostgres } from '../support/postgres-control.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { openSocket, PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { startTcpProxy } from '../support/tcp-proxy.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const SECRET = 'a-secret-of-more-than-32-characters-for-tests'

/** How soon a commit is seen: pushed, or by the next poll. */
const SOON_MS: Readonly<Record<OnlyTransport, number>> = {
  websocket: 1_000,
  sse: 1_000,
  polling: 6_500,
}

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

function follow(...[url, only, options]: Parameters<typeof followFeed>) {
  const followed = followFeed(url, only, options)
  onTestFinished(() => followed.subscription.close())
  return followed
}

const shows = (job: string) => (update: Update) => job in update.data.sources
const isOver = (only: OnlyTransport) => (state: ConnectionState) => state.transport === only

async function sign(secondsLeft: number): Promise<string> {
  return new SignJWT({ sub: 'viewer' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.ceil(Date.now() / 1_000) + secondsLeft)
    .sign(new TextEncoder().encode(SECRET))
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return String(typeof address === 'object' ? address?.port : 0)
}

describe.each<OnlyTransport>(['websocket', 'sse', 'polling'])('over %s', (only) => {
  const soon = { timeoutMs: SOON_MS[only] }

  it('[P9.4] the first data and each change come in time', async () => {
    const server = await start()
    await report(server.url, runEvent('COMPLETE', `first-${only}`))
    const followed = follow(server.url, only)

    await followed.update(shows(`first-${only}`), { timeoutMs: 3_000 })
    await followed.state(isOver(only), { timeoutMs: 3_000 })
    const reportedAt = performance.now()
    await report(server.url, runEvent('COMPLETE', `second-${only}`))
    await followed.update(shows(`second-${only}`), soon)
    const tookMs = performance.now() - reportedAt

    console.log(`${only}: a commit was seen ${tookMs.toFixed(0)} ms after it was reported`)
    expect(followed.subscription.update?.isStale).toBe(false)
    expect(Math.abs(Date.now() - followed.subscription.update!.receivedAt)).toBeLessThan(10_000)
  })

  it('[P9.4] data that the server cannot renew is marked as stale until it can', {
    timeout: 60_000,
  }, async () => {
    const postgres: ControlledPostgres = await startControlledPostgres()
    onTestFinished(() => postgres.remove())
    const server = await startServer({ databaseUrl: postgres.connectionString })
    onTestFinished(() => server.kill())
    const followed = follow(server.url, only)
    await followed.update((update) => !update.isStale)

    await postgres.stop()
    const stale = await followed.update((update) => update.isStale, { timeoutMs: 15_000 })
    await postgres.start()
    const fresh = await followed.update(
      (update) => !update.isStale && update.generatedAt > stale.generatedAt + 1,
      { timeoutMs: 20_000 },
    )

    expect(stale.generatedAt).toBeLessThanOrEqual(fresh.generatedAt)
    expect(fresh.epoch).toBe(stale.epoch)
  })

  it('[P9.5] a server that restarts is found again, with a new sequence', {
    timeout: 60_000,
  }, async () => {
    const env = { PORT: await freePort() }
    const server = await start(env)
    const followed = follow(server.url, only)
    const before = await followed.update(() => true)
    await followed.state(isOver(only))

    await server.stop()
    await start(env)
    const after = await followed.update(({ epoch }) => epoch !== before.epoch, {
      timeoutMs: 25_000,
    })
    await followed.state(isOver(only), { timeoutMs: 25_000 })

    expect(after.data).toBeDefined()
    if (only !== 'polling') {
      expect(followed.states.map(({ reason }) => reason)).toContain('draining')
    }
  })

  // Who polls takes no place that could be wanting.
  it.skipIf(only === 'polling')(
    '[P9.5] a full server is polled until there is a place',
    {
      timeout: 60_000,
    },
    async () => {
      const server = await start({ MAX_CONNECTIONS: '1' })
      const other = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)
      const followed = follow(server.url, only)

      const full = await followed.state(({ capacity }) => capacity !== null)
      const polling = await followed.state(({ status }) => status === 'polling')
      await followed.update(() => true)
      await other.leave()
      await followed.state(isOver(only), { timeoutMs: 30_000 })

      expect(full).toMatchObject({ reason: 'at_capacity', capacity: { active: 1, max: 1 } })
      expect(polling.transport).toBe('polling')
      expect(followed.subscription.state).toMatchObject({ reason: null, capacity: null })
    },
  )

  it('[P9.6] a token is asked for where one is needed, and again when it is refused', {
    timeout: 60_000,
  }, async () => {
    const server = await start({ VIEW_JWT_SECRET: SECRET })
    const without = follow(server.url, only)
    const wrong = follow(server.url, only, { token: 'a-token-that-is-not-good' })
    const asked: string[] = []
    const token = async () => {
      asked.push(asked.length === 0 ? await sign(-60) : await sign(600))
      return asked.at(-1)!
    }
    const renewing = follow(server.url, only, { token })

    await without.state(({ status }) => status === 'unauthorized', { timeoutMs: 15_000 })
    await wrong.state(({ status }) => status === 'unauthorized', { timeoutMs: 15_000 })
    await renewing.update(() => true, { timeoutMs: 15_000 })
    expect(without.updates).toEqual([])
    without.subscription.authorize(await sign(600))
    await without.update(() => true, { timeoutMs: 15_000 })

    expect(asked).toHaveLength(2)
    expect(wrong.updates).toEqual([])
    expect(wrong.subscription.state.retryAt).toBeNull()
  })

  // Each poll shows its token: there is no connection that could outlive one.
  it.skipIf(only === 'polling')(
    '[P9.6] a token that expires is renewed without a gap',
    {
      timeout: 60_000,
    },
    async () => {
      const server = await start({ VIEW_JWT_SECRET: SECRET, BROADCAST_INTERVAL_MS: '500' })
      const asked: string[] = []
      const token = async () => {
        asked.push(await sign(asked.length === 0 ? 3 : 600))
        return asked.at(-1)!
      }
      const followed = follow(server.url, only, { token })
      await followed.state(isOver(only))

      await delay(6_000)
      const gapsMs = followed.updates
        .slice(1)
        .map(({ heardAt }, index) => heardAt - followed.updates[index]!.heardAt)

      expect(asked).toHaveLength(2)
      expect(Math.max(...gapsMs)).toBeLessThan(3_000)
      expect(followed.subscription.state.transport).toBe(only)
    },
  )

  it('[P9.7] a line that went dead without a word is noticed, and the newest data comes', {
    timeout: 90_000,
  }, async () => {
    const server = await start({ BROADCAST_INTERVAL_MS: '1000' })
    const line = await startTcpProxy(server.url)
    onTestFinished(() => line.close())
    const followed = follow(line.connectionString, only)
    await followed.state(isOver(only))

    line.freeze()
    const frozenAt = performance.now()
    await report(server.url, runEvent('COMPLETE', `asleep-${only}`))
    await followed.state((state) => !isOver(only)(state), { timeoutMs: 25_000 })
    const noticedMs = performance.now() - frozenAt
    line.mend()
    const mendedAt = performance.now()
    await followed.update(shows(`asleep-${only}`), { timeoutMs: 25_000 })
    await followed.state(isOver(only), { timeoutMs: 25_000 })

    console.log(
      `${only}: a dead line was noticed after ${noticedMs.toFixed(0)} ms, live ${(performance.now() - mendedAt).toFixed(0)} ms after it was mended`,
    )
    expect(noticedMs).toBeLessThan(20_000)
  })
})
