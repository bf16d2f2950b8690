import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type ChangeListener,
  type ChangeListenerOptions,
  startChangeListener,
} from '../../src/server/database/change-listener.js'
import { type TcpProxy, startTcpProxy } from '../support/tcp-proxy.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const PATIENTLY = { timeout: 15_000, interval: 5 }

let testDatabase: TestDatabase
let admin: pg.Client
let listener: ChangeListener | undefined
let proxy: TcpProxy | undefined
let hints: (string | null)[]
let warnings: string[]

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  admin = new pg.Client({ connectionString: testDatabase.connectionString })
  await admin.connect()
})

afterAll(async () => {
  await admin.end()
  await testDatabase.drop()
})

beforeEach(() => {
  hints = []
  warnings = []
})

afterEach(async () => {
  await listener?.stop()
  await proxy?.close()
  listener = undefined
  proxy = undefined
})

function start(
  connectionString: string,
  options: Partial<ChangeListenerOptions> = {},
): ChangeListener {
  listener = startChangeListener({
    connectionString,
    onHint: (feed) => hints.push(feed),
    log: { info: () => undefined, warn: (_about, message) => warnings.push(message) },
    ...options,
  })
  return listener
}

async function startListening(options: Partial<ChangeListenerOptions> = {}): Promise<void> {
  start(testDatabase.connectionString, options)
  await until(() => hints.length === 1)
}

const until = (isSo: () => boolean) => vi.waitFor(() => expect(isSo()).toBe(true), PATIENTLY)

const notify = (payload = 'pipeline-status') =>
  admin.query('SELECT pg_notify($1, $2)', ['pipecast', payload])

async function backends(): Promise<readonly number[]> {
  const { rows } = await admin.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
     WHERE application_name = 'pipecast listener' AND datname = current_database()`,
  )
  return rows.map(({ pid }) => pid)
}

describe('the change listener', () => {
  it('hints at every feed once it listens, because something may have been missed', async () => {
    start(testDatabase.connectionString)
    expect(listener?.wakeupMode()).toBe('degraded')

    await until(() => hints.length > 0)

    expect(hints).toEqual([null])
    expect(listener?.wakeupMode()).toBe('push')
    expect(warnings).toEqual([])
  })

  it('passes a hint on within 200 ms of its commit', async () => {
    await startListening()
    const delays: number[] = []

    for (let round = 1; round <= 10; round += 1) {
      await notify()
      const committedAt = performance.now()
      await until(() => hints.length === 1 + round)
      delays.push(performance.now() - committedAt)
    }

    expect(hints).toEqual([null, ...Array.from({ length: 10 }, () => 'pipeline-status')])
    // The median, since the machine may be busy with something else for a moment.
    expect(delays.sort((one, other) => one - other)[5]).toBeLessThan(200)
  })

  it('takes a hint without a name for a hint at every feed', async () => {
    await startListening()

    await notify('')

    await until(() => hints.length === 2)
    expect(hints).toEqual([null, null])
  })

  it('hears nothing but its channel, not even its own canaries', async () => {
    await startListening({ canaryIntervalMs: 20 })

    await admin.query(`NOTIFY somebody_else, 'pipeline-status'`)
    await new Promise((resolve) => setTimeout(resolve, 100)) // some canaries
    await notify()

    await until(() => hints.length > 1)
    expect(hints).toEqual([null, 'pipeline-status'])
    expect(listener?.wakeupMode()).toBe('push')
  })

  it('listens again within 2 s when the database ends its connection, and hints at both', async () => {
    await startListening()
    const [pid] = await backends()
    const endedAt = performance.now()

    await admin.query('SELECT pg_terminate_backend($1)', [pid])
    // One hint at the loss, and one when it listens again.
    await until(() => hints.length === 3)

    expect(performance.now() - endedAt).toBeLessThan(2_000)
    expect(listener?.wakeupMode()).toBe('push')
    expect(hints).toEqual([null, null, null])
    expect(warnings).toEqual([expect.stringContaining('is lost')])
    await notify()
    await until(() => hints.length === 4)
  })

  it('keeps trying while the database is away, says so once, and hints when it is back', async () => {
    proxy = await startTcpProxy(testDatabase.connectionString)
    proxy.cut()
    start(proxy.connectionString, { random: () => 0 })
    await until(() => warnings.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 300)) // some attempts in vain

    proxy.mend()

    await until(() => listener?.wakeupMode() === 'push')
    expect(hints).toEqual([null])
    expect(warnings).toEqual([expect.stringContaining('is lost')])
  })

  it('notices by its canary that a link has gone silent', async () => {
    proxy = await startTcpProxy(testDatabase.connectionString)
    start(proxy.connectionString, { canaryIntervalMs: 50 })
    await until(() => listener?.wakeupMode() === 'push')

    proxy.freeze()

    await until(() => listener?.wakeupMode() === 'degraded')
    expect(warnings).toHaveLength(1)
  })

  it('stays degraded behind a transaction pooler, and names it in one warning', async () => {
    proxy = await startTcpProxy(testDatabase.connectionString, { swallowNotifications: true })
    start(proxy.connectionString, { canaryIntervalMs: 20, random: () => 0 })

    await until(() => warnings.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 3_500)) // one more canary in vain

    expect(listener?.wakeupMode()).toBe('degraded')
    expect(hints).toEqual([])
    expect(warnings).toEqual([expect.stringContaining('transaction pooler')])
  }, 40_000)

  it('names the pooler also when the database was away before', async () => {
    proxy = await startTcpProxy(testDatabase.connectionString, { swallowNotifications: true })
    proxy.cut()
    start(proxy.connectionString)
    await until(() => warnings.length > 0)

    proxy.mend()

    await until(() => warnings.length > 1)
    expect(warnings).toEqual([
      expect.stringContaining('is lost'),
      expect.stringContaining('transaction pooler'),
    ])
  })

  it('stops within 200 ms and leaves no connection', async () => {
    await startListening()
    expect(await backends()).toHaveLength(1)
    const stoppedAt = performance.now()

    await listener?.stop()

    expect(performance.now() - stoppedAt).toBeLessThan(200)
    await vi.waitFor(async () => expect(await backends()).toEqual([]), PATIENTLY)
    await notify()
    expect(hints).toEqual([null])
  })

  it.each(['cut', 'freeze'] as const)(
    'stops within 200 ms also while the database is away (%s)',
    async (loss) => {
      proxy = await startTcpProxy(testDatabase.connectionString)
      proxy[loss]()
      start(proxy.connectionString)
      await new Promise((resolve) => setTimeout(resolve, 50)) // it is trying to connect by now
      const stoppedAt = performance.now()

      await listener?.stop()

      expect(performance.now() - stoppedAt).toBeLessThan(200)
    },
  )
})
