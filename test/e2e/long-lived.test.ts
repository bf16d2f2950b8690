import { SignJWT } from 'jose'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startClientProcess } from '../support/client-process.js'
import { openRawSocket } from '../support/raw-socket.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import {
  isUpdate,
  openSocket,
  PIPELINE_STATUS_PATH,
  type SocketClient,
} from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

/** Three minutes; E2E_LISTEN_ONLY_MS shortens it while one works on these tests. */
const LISTEN_ONLY_MS = Number(process.env['E2E_LISTEN_ONLY_MS'] ?? 180_000)
const STALE_AFTER_MS = 20_000
const GRACE_MS = 25_000
const SECRET = 'a-secret-of-more-than-32-characters-for-tests'
const JOBS = 500
const SLEEPERS = 8
const CHANGES = 300
/** So slow that nearly each change of a board of that size is read by itself. */
const UNHURRIED_MS = 100

/** A ping of a client, masked with zeros. */
const MASKED_PING = Buffer.from([0x89, 0x80, 0, 0, 0, 0])

let database: TestDatabase
let server: ServerProcess
let guarded: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  const databaseUrl = database.connectionString
  server = await startServer({ databaseUrl, env: { STALE_AFTER_MS: String(STALE_AFTER_MS) } })
  guarded = await startServer({ databaseUrl, env: { VIEW_JWT_SECRET: SECRET } })
})

afterAll(async () => {
  await Promise.all([server, guarded].map((process) => process.kill()))
  await database.drop()
})

describe.concurrent('a connection', () => {
  it('[P5.1] lives although its client only listens', {
    timeout: LISTEN_ONLY_MS + 30_000,
  }, async () => {
    const client = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)
    let pings = 0
    client.socket.on('ping', () => (pings += 1))

    await delay(LISTEN_ONLY_MS)

    console.log(
      `listen-only for ${LISTEN_ONLY_MS / 1_000} s with STALE_AFTER_MS=${STALE_AFTER_MS}: alive, ${client.updates.length} updates, ${pings} pings`,
    )
    expect(client.end).toBeUndefined()
    expect(pings).toBeGreaterThanOrEqual(Math.floor(LISTEN_ONLY_MS / STALE_AFTER_MS) * 2 - 1)
    expect(client.updates.length).toBeGreaterThanOrEqual(Math.floor(LISTEN_ONLY_MS / 5_500))
  })

  it('[P5.1] is closed when its client is frozen', {
    timeout: STALE_AFTER_MS + 20_000,
  }, async () => {
    const frozen = await startClientProcess(server.socketUrl + PIPELINE_STATUS_PATH)
    try {
      frozen.freeze()
      const frozenAt = performance.now()

      const line = await server.logged(
        ({ msg, code }) => msg === 'WebSocket disconnected' && code === 4201,
        STALE_AFTER_MS + 10_000,
      )

      const tookMs = performance.now() - frozenAt
      console.log(`frozen client: gone ${tookMs.toFixed(0)} ms after the freeze`)
      expect(line).toMatchObject({ reason: 'no sign of life' })
      expect(tookMs).toBeGreaterThan(STALE_AFTER_MS - 1_000)
      expect(tookMs).toBeLessThan(STALE_AFTER_MS + 4_000) // 2 s are for the answer to the close
    } finally {
      await frozen.kill()
    }
  })

  it.each([
    ['whose token expired', 'data', async () => ({ token: await signShort() })],
    ['that promised a token', 'no data', () => Promise.resolve({ auth: 'message' })],
  ])(
    '[P4.7] %s ends with 4001 after the grace',
    { timeout: GRACE_MS + 20_000 },
    async (_which, given, query) => {
      const search = new URLSearchParams(await query()).toString()
      const client = await openSocket(`${guarded.socketUrl}${PIPELINE_STATUS_PATH}?${search}`)

      const required = await client.ofType('auth_required')
      const end = await client.ended

      const graceMs = end.endedAt - required.receivedAt
      console.log(`4001 came ${graceMs.toFixed(0)} ms after auth_required (${given} before)`)
      expect(required.grace_ms).toBe(GRACE_MS)
      expect(end.code).toBe(4001)
      expect(graceMs).toBeGreaterThan(GRACE_MS - 100)
      expect(graceMs).toBeLessThan(GRACE_MS + 1_500)
      expect(client.updates.length > 0).toBe(given === 'data')
    },
  )

  it('[P3.5] whose client does not read costs one frame, not a queue', {
    timeout: 120_000,
  }, async ({ onTestFinished }) => {
    const { board, url, close } = await startBoard()
    onTestFinished(close)
    const reader = await openSocket(url)
    const sleepers = await Promise.all(
      Array.from({ length: SLEEPERS }, () => openSocket(url, { localAddress: '127.0.0.2' })),
    )
    await reader.frame(isUpdate)
    await Promise.all(sleepers.map((sleeper) => sleeper.frame(isUpdate)))
    const frameBytes = Buffer.byteLength(reader.frames.at(-1)!.text)
    await changeBoard(board, 'warm-up')
    await changeBoard(board, 'until the heap has its size')
    const before = await settledRss(board)

    for (const sleeper of sleepers) sleeper.socket.pause()
    const heldSeq = await newestOf(reader)
    const framesBefore = sleepers.map((sleeper) => sleeper.frames.length)
    await changeBoard(board, 'behind the back', { pauseMs: UNHURRIED_MS })
    const after = await settledRss(board)
    const newest = await newestOf(reader)
    for (const sleeper of sleepers) sleeper.socket.resume()
    const caughtUp = await Promise.all(
      sleepers.map((sleeper, index) =>
        sleeper.frame(({ seq }) => seq === newest, {
          from: framesBefore[index] ?? 0,
          timeoutMs: 20_000,
        }),
      ),
    )

    // Several at once, so that the breath of the heap does not count for one.
    const costMb = (after - before) / 1e6 / SLEEPERS
    const changes = newest - heldSeq
    const offeredMb = (changes * frameBytes) / 1e6
    const received = Math.max(
      ...sleepers.map(({ frames }, index) => frames.length - (framesBefore[index] ?? 0)),
    )
    console.log(
      `a paused reader, of ${SLEEPERS}: ${costMb.toFixed(1)} MB for ${changes} changes of ${(frameBytes / 1e3).toFixed(0)} kB (${offeredMb.toFixed(0)} MB offered), ${received} frames read on resuming`,
    )
    expect(frameBytes).toBeGreaterThan(150_000)
    expect(changes).toBeGreaterThan(CHANGES / 2)
    expect(costMb).toBeLessThan(offeredMb / 4)
    expect(caughtUp.map(({ seq }) => seq)).toEqual(sleepers.map(() => newest))
    expect(received).toBeLessThan(changes / 2)
  })

  it('[P5.2] whose client talks but never reads is closed', { timeout: 120_000 }, async ({
    onTestFinished,
  }) => {
    const staleAfterMs = 4_000
    const { board, url, close } = await startBoard({ STALE_AFTER_MS: String(staleAfterMs) })
    onTestFinished(close)
    const { socket } = await openRawSocket(url)
    socket.pause()
    const sayingSo = setInterval(() => socket.write(MASKED_PING), 500)
    const isGone = () => board.log.some(({ msg }) => msg === 'WebSocket disconnected')
    const pausedAt = performance.now()

    while (!isGone() && performance.now() - pausedAt < 60_000) {
      await changeBoard(board, 'unread', { isEnough: isGone })
    }

    clearInterval(sayingSo)
    socket.destroy()
    const line = board.log.find(({ msg }) => msg === 'WebSocket disconnected')
    console.log(`a client that talks but never reads: gone after ${String(line?.['ageMs'])} ms`)
    expect(line).toMatchObject({ code: 4101, reason: 'too slow to read' })
    expect(Number(line?.['ageMs'])).toBeGreaterThan(staleAfterMs)
  })
})

function signShort(): Promise<string> {
  return new SignJWT({ sub: 'viewer' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.ceil(Date.now() / 1_000) + 1)
    .sign(new TextEncoder().encode(SECRET))
}

const namesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => `ingest-of-a-source-with-a-name-${index}`)

/** A server with so many sources that a frame is large, on a database of its own. */
async function startBoard(env: Readonly<Record<string, string>> = {}) {
  const own = await createTestDatabase()
  const board = await startServer({ databaseUrl: own.connectionString, env })
  await report(
    board.url,
    namesOf(JOBS).map((name) => runEvent('COMPLETE', name)),
  )
  const close = async () => {
    await board.kill()
    await own.drop()
  }
  return { board, url: board.socketUrl + PIPELINE_STATUS_PATH, close }
}

/** One job after the other fails, each in a commit of its own. */
async function changeBoard(
  on: ServerProcess,
  why: string,
  { isEnough = (): boolean => false, pauseMs = 15 } = {},
): Promise<void> {
  for (const [index, name] of namesOf(CHANGES).entries()) {
    if (isEnough()) return
    await report(on.url, runEvent('FAIL', name, `${why}, number ${index}`))
    await delay(pauseMs) // let the change go out before the next one comes
  }
}

/** The least memory that a server holds within a while, garbage on its way out left aside. */
async function settledRss(of: ServerProcess): Promise<number> {
  const samples: number[] = []
  for (let count = 0; count < 15; count += 1) {
    const { memory } = await of.getJson<{ memory: { rss_bytes: number } }>('/health')
    samples.push(memory.rss_bytes)
    await delay(150)
  }
  return Math.min(...samples)
}

/** The position of the last update, once nothing new comes. */
async function newestOf(client: SocketClient): Promise<number> {
  await delay(500)
  return client.updates.at(-1)!.seq
}
