import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateWhenReachable } from '../../src/server/database/migrate-when-reachable.js'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { MIGRATOR_LOCK, waitingFor } from '../support/migrator-lock.js'
import { makeOlderSchema } from '../support/older-schema.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database
let other: pg.PoolClient
let pending: readonly string[]
let waits: string[]

beforeEach(async () => {
  testDatabase = await createTestDatabase()
  const { connectionString } = testDatabase
  pending = await makeOlderSchema(connectionString, '0011-job-owners')
  database = openDatabase({ connectionString, poolMax: 3, timeoutMs: 15_000 })
  other = await database.pool.connect()
  waits = []
})

afterEach(async () => {
  other.release()
  await database.close()
  await testDatabase.drop()
})

const migrate = () =>
  migrateWhenReachable({
    connectionString: testDatabase.connectionString,
    timeoutMs: 30_000,
    signal: AbortSignal.timeout(25_000),
    onWait: (what) => waits.push(what),
  })

describe('a migration', () => {
  it('[startup] that meets a long transaction lets the others have their turn, and is done after it', async () => {
    await other.query('BEGIN')
    await other.query('LOCK TABLE pipecast.job IN ACCESS SHARE MODE') // as pg_dump does
    const migrating = migrate()
    await expect.poll(() => waitingFor(database.kysely)).toBe('relation')

    const startedAt = performance.now()
    await database.pool.query('SELECT 1 FROM pipecast.job')
    const tookMs = performance.now() - startedAt
    await other.query('COMMIT')

    expect(tookMs).toBeLessThan(4_000)
    expect(await migrating).toEqual({ applied: pending, newer: [] })
    expect(waits).toEqual(['another session holds a lock; trying until it lets go'])
  })

  it('[startup] waits for another process that migrates, however long that takes', async () => {
    await other.query(`SELECT pg_advisory_lock(${MIGRATOR_LOCK})`)
    const migrating = migrate()
    await expect.poll(() => waitingFor(database.kysely)).toBe('advisory')

    await delay(3_500) // longer than it waits for a table
    await other.query(`SELECT pg_advisory_unlock(${MIGRATOR_LOCK})`)

    expect(await migrating).toEqual({ applied: pending, newer: [] })
    expect(waits).toEqual([])
  })

  it('[startup] is done once when four begin at the same time', async () => {
    const results = await Promise.all([migrate(), migrate(), migrate(), migrate()])

    const applied = results.map((result) => result?.applied ?? [])
    expect(applied.sort((a, b) => b.length - a.length)).toEqual([pending, [], [], []])
  })

  it('[shutdown] that is no longer wanted leaves all as it was', async () => {
    await other.query('BEGIN')
    await other.query('LOCK TABLE pipecast.job IN ACCESS SHARE MODE')

    const migrated = await migrateWhenReachable({
      connectionString: testDatabase.connectionString,
      timeoutMs: 30_000,
      signal: AbortSignal.timeout(1_000),
      onWait: (what) => waits.push(what),
    })

    await other.query('ROLLBACK')
    expect(migrated).toBeNull()
    expect(waits).toHaveLength(1)
  })
})
