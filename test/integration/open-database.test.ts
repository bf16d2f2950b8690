import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let proxy: TcpProxy
let database: Database
let lostWhileIdle: Error[]

beforeEach(async () => {
  testDatabase = await createTestDatabase()
  proxy = await startTcpProxy(testDatabase.connectionString)
  lostWhileIdle = []
  database = openDatabase({
    connectionString: proxy.connectionString,
    poolMax: 1,
    timeoutMs: 1_000,
    onError: (error) => lostWhileIdle.push(error),
  })
})

afterEach(async () => {
  await database.close()
  await proxy.close()
  await testDatabase.drop()
})

const answer = async () => {
  const { rows } = await sql<{ one: number }>`SELECT 1 AS one`.execute(database.kysely)
  return rows[0]?.one
}

const backend = async () => {
  const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(
    database.kysely,
  )
  return rows[0]?.pid
}

const write = () => sql`DELETE FROM pipecast.queue`.execute(database.kysely)

describe('a database connection', () => {
  it('that is lost while a statement uses it fails the statement, and nothing else', async () => {
    const sleeping = sql`SELECT pg_sleep(10)`.execute(database.kysely)
    const failure = expect(sleeping).rejects.toThrow('terminated')
    await expect.poll(() => database.pool.totalCount - database.pool.idleCount).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 100)) // the statement is on its way

    proxy.cut()

    await failure
    proxy.mend()
    expect(await answer()).toBe(1)
  })

  it('that is lost while idle is reported, and replaced when one is needed', async () => {
    await answer()

    proxy.cut()
    await expect.poll(() => lostWhileIdle.length).toBe(1)
    proxy.mend()

    expect(await answer()).toBe(1)
  })

  it('that has gone silent ends its statement by the time-out and is never used again', async () => {
    await answer()
    proxy.freeze()

    await expect(answer()).rejects.toThrow('timeout')
    proxy.mend()

    expect(await answer()).toBe(1)
  })

  it('does not wait a second time to roll back what it cannot', async () => {
    await answer()
    proxy.freeze()
    const startedAt = performance.now()

    const transaction = database.kysely.transaction().execute((open) => sql`SELECT 1`.execute(open))

    await expect(transaction).rejects.toThrow()
    expect(performance.now() - startedAt).toBeLessThan(3_500) // one time-out is 2 s
  })

  it('survives what Postgres says no to', async () => {
    const before = await backend()

    await expect(sql`SELECT 1 / 0`.execute(database.kysely)).rejects.toMatchObject({
      code: '22012',
    })

    expect(await backend()).toBe(before)
  })

  it('that may only read is left for another one', async () => {
    const before = await backend()
    await sql`SET default_transaction_read_only = on`.execute(database.kysely)

    await expect(write()).rejects.toMatchObject({ code: '25006' })

    await write()
    expect(await backend()).not.toBe(before)
  })

  it('that may only read ends its transaction in order, with the reason', async () => {
    await sql`SET default_transaction_read_only = on`.execute(database.kysely)

    const transaction = database.kysely.transaction().execute(async (open) => {
      await sql`DELETE FROM pipecast.queue`.execute(open)
    })

    await expect(transaction).rejects.toMatchObject({ code: '25006' })
    await write()
  })

  it('is left for another one once it is 5 minutes old, and not a millisecond before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const inUseFor = (ms: number) =>
      database.kysely.connection().execute(async () => {
        await vi.advanceTimersByTimeAsync(ms)
      })
    const first = await backend()

    await inUseFor(299_999)
    const second = await backend()
    await inUseFor(1)
    const third = await backend()

    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })
})
