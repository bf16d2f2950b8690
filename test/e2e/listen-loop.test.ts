import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import {
  isUpdate,
  openSocket,
  PIPELINE_STATUS_PATH,
  type SocketClient,
} from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let database: TestDatabase
let server: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({
    databaseUrl: database.connectionString,
    env: { BROADCAST_INTERVAL_MS: '500' },
  })
})

afterAll(async () => {
  await server.kill()
  await database.drop()
})

async function connect(): Promise<SocketClient> {
  const client = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)
  onTestFinished(() => client.leave())
  await client.frame(isUpdate)
  return client
}

describe('a client that says', () => {
  it('[P4.1] ping hears pong', async () => {
    const client = await connect()

    client.send({ type: 'ping' })

    const pong = await client.ofType('pong', { timeoutMs: 1_000 })
    expect(Date.parse(pong.timestamp)).not.toBeNaN()
  })

  it('[P4.2] refresh gets the full snapshot again at once', async () => {
    const client = await connect()
    const position = client.frames.length
    const askedAt = performance.now()

    client.send({ type: 'refresh' })

    const update = await client.frame(isUpdate, { from: position, timeoutMs: 1_000 })
    expect(update.receivedAt - askedAt).toBeLessThan(400) // sooner than the next tick
    expect(update.data).toEqual(client.updates[0]?.data)
  })

  it('[P3.3] nothing is told the state at each tick all the same', async () => {
    const client = await connect()
    const position = client.frames.length

    await delay(2_250)

    const ticks = client.frames.length - position
    expect(ticks).toBeGreaterThanOrEqual(3)
    expect(ticks).toBeLessThanOrEqual(5)
  })

  it('[P4.3] pause hears nothing, also of commits, until resume brings the newest at once', async () => {
    const client = await connect()
    client.send({ type: 'pause' })
    client.send({ type: 'ping' })
    await client.ofType('pong')
    const position = client.frames.length

    await report(server.url, runEvent('FAIL', 'behind-the-curtain', 'nobody looked'))
    await delay(1_300)
    const whilePaused = client.frames.length - position
    const resumedAt = performance.now()
    client.send({ type: 'resume' })
    const update = await client.frame(isUpdate, { from: position, timeoutMs: 1_000 })

    expect(whilePaused).toBe(0)
    expect(update.receivedAt - resumedAt).toBeLessThan(300)
    expect(update.data['sources']).toHaveProperty('behind-the-curtain.error', 'nobody looked')
    const next = await client.frame(isUpdate, { from: position + 1, timeoutMs: 2_000 })
    expect(next.seq).toBeGreaterThanOrEqual(update.seq)
  })
})

describe('a bad message', () => {
  it.each([
    ['no JSON', 'hello'],
    ['no object', '[]'],
    ['no type', '{}'],
    ['an unknown type', '{"type":"subscribe"}'],
    ['a token that is no text', '{"type":"auth","token":7}'],
    ['binary, whatever is in it', Buffer.from('{"type":"ping"}')],
  ])('[P4.5] that is %s is answered, and the connection goes on', async (_what, message) => {
    const client = await connect()

    client.send(message)

    const error = await client.ofType('error', { timeoutMs: 1_000 })
    expect(error.code).toBe('bad_message')
    const position = client.frames.length
    await client.frame(isUpdate, { from: position, timeoutMs: 2_000 })
    expect(client.parsed.filter(({ type }) => type === 'pong')).toEqual([])
  })

  it('[P4.5] is the last one when it is the fifth', async () => {
    const client = await connect()

    for (let count = 0; count < 4; count += 1) client.send('what')
    client.send({ type: 'ping' })
    await client.ofType('pong')
    client.send('what')
    const end = await client.ended

    expect(end.code).toBe(1008)
    expect(client.parsed.filter(({ type }) => type === 'error')).toHaveLength(5)
  })
})

describe('a talkative client', () => {
  it('[P4.6] may send 20 messages in 10 s; the next one ends the connection', async () => {
    const client = await connect()

    for (let count = 0; count < 20; count += 1) client.send({ type: 'ping' })
    await expect.poll(() => client.parsed.filter(({ type }) => type === 'pong').length).toBe(20)
    client.send({ type: 'ping' })
    const end = await client.ended

    expect(end).toMatchObject({ code: 1008, reason: 'too many messages' })
    expect(client.parsed.at(-1)).toMatchObject({ type: 'error', code: 'too_many_messages' })
  })

  it('[P4.6] may send 4 KiB in a message and not one byte more', async () => {
    const client = await connect()
    const ping = (bytes: number) => `{"type":"ping","pad":"${'x'.repeat(bytes - 24)}"}`

    client.send(ping(4_096))
    await client.ofType('pong')
    client.send(ping(4_097))
    const end = await client.ended

    expect(Buffer.byteLength(ping(4_096))).toBe(4_096)
    expect(end.code).toBe(1009)
  })
})
