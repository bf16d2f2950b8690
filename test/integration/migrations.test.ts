import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrations } from '../../migrations/index.js'
import { MigrationError, migrateToLatest } from '../../src/server/database/migrate-to-latest.js'
import { migrateWhenReachable } from '../../src/server/database/migrate-when-reachable.js'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { MIGRATOR_LOCK, waitingFor } from '../support/migrator-lock.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const names = Object.keys(migrations)

let testDatabase: TestDatabase
let databases: Database[]

beforeEach(async () => {
  testDatabase = await createTestDatabase()
  databases = Array.from({ length: 4 }, () =>
    openDatabase({
      connectionString: testDatabase.connectionString,
      poolMax: 1,
      timeoutMs: 30_000,
    }),
  )
  await sql`DROP SCHEMA pipecast CASCADE`.execute(databases[0]!.kysely)
})

afterEach(async () => {
  await Promise.all(databases.map((database) => database.close()))
  await testDatabase.drop()
})

async function remember(kysely: Database['kysely'], ...executed: string[]): Promise<void> {
  await sql`INSERT INTO pipecast.migration (name, timestamp)
    SELECT name, '2030-01-01T00:00:00.000Z' FROM unnest(${executed}::text[]) AS name`.execute(
    kysely,
  )
}

async function forget(kysely: Database['kysely'], name: string): Promise<void> {
  await sql`DELETE FROM pipecast.migration WHERE name = ${name}`.execute(kysely)
}

describe('migrateToLatest', () => {
  it('lets one of four that start at once do the work, and all of them succeed', async () => {
    const results = await Promise.all(databases.map(({ kysely }) => migrateToLatest(kysely)))

    expect(results.map(({ applied }) => applied).sort((a, b) => b.length - a.length)).toEqual([
      names,
      [],
      [],
      [],
    ])
  })

  it('applies nothing the second time', async () => {
    const [database] = databases

    const first = await migrateToLatest(database!.kysely)
    const second = await migrateToLatest(database!.kysely)

    expect(first.applied).toEqual(names)
    expect(second.applied).toEqual([])
  })

  it('serves a role that may use the schema but not make one', async () => {
    const { kysely } = databases[0]!
    await migrateToLatest(kysely)
    await sql`CREATE ROLE reporter`.execute(kysely)
    await sql`GRANT ALL ON SCHEMA pipecast TO reporter`.execute(kysely)
    await sql`GRANT ALL ON ALL TABLES IN SCHEMA pipecast TO reporter`.execute(kysely)
    try {
      await sql`SET ROLE reporter`.execute(kysely)

      expect(await migrateToLatest(kysely)).toEqual({ applied: [], newer: [] })
    } finally {
      await sql`RESET ROLE`.execute(kysely)
      await sql`DROP OWNED BY reporter`.execute(kysely)
      await sql`DROP ROLE reporter`.execute(kysely)
    }
  })

  it('says what Postgres said when a migration fails, and keeps nothing of it', async () => {
    const { kysely } = databases[0]!
    await sql`CREATE SCHEMA pipecast`.execute(kysely)
    await sql`CREATE TABLE pipecast.run ()`.execute(kysely)

    const failing = migrateToLatest(kysely)

    await expect(failing).rejects.toThrow(MigrationError)
    await expect(failing).rejects.toMatchObject({
      message: expect.stringContaining('"run" already exists') as string,
      cause: { code: '42P07' },
    })
    const { rows } = await sql<{ job: string | null }>`
      SELECT to_regclass('pipecast.job')::text AS job`.execute(kysely)
    expect(rows).toEqual([{ job: null }])
  })

  it('runs on what a newer version has migrated, and names that', async () => {
    const { kysely } = databases[0]!
    await migrateToLatest(kysely)
    await remember(kysely, '9998-newer', '9999-newest')

    expect(await migrateToLatest(kysely)).toEqual({
      applied: [],
      newer: ['9998-newer', '9999-newest'],
    })
  })

  it('looks again when a newer version was at it before its turn came', async () => {
    const [{ kysely }, other] = databases as [Database, Database]
    await migrateToLatest(kysely)
    await forget(kysely, names.at(-1)!)

    const migrating = await other.kysely.connection().execute(async (session) => {
      await sql`SELECT pg_advisory_lock(${sql.lit(MIGRATOR_LOCK)})`.execute(session)
      const waiting = migrateToLatest(kysely)
      await expect.poll(() => waitingFor(session)).toBe('advisory')
      await remember(session, names.at(-1)!, '9999-newest')
      await sql`SELECT pg_advisory_unlock(${sql.lit(MIGRATOR_LOCK)})`.execute(session)
      return { waiting }
    })

    expect(await migrating.waiting).toEqual({ applied: [], newer: ['9999-newest'] })
  })

  it('[startup] gives up on a history that is not of this version, and does not try again', async () => {
    const { kysely } = databases[0]!
    await migrateToLatest(kysely)
    await remember(kysely, '0001-of-somebody-else')

    const failing = migrateWhenReachable({
      connectionString: testDatabase.connectionString,
      timeoutMs: 5_000,
      signal: AbortSignal.timeout(5_000),
      onWait: () => undefined,
    })

    await expect(failing).rejects.toThrow(MigrationError)
    await expect(failing).rejects.toThrow('0001-of-somebody-else is not known here')
  })

  it('minds no clock that went back between two migrations', async () => {
    const { kysely } = databases[0]!
    await migrateToLatest(kysely)
    await sql`UPDATE pipecast.migration SET timestamp = '2020-01-01T00:00:00.000Z'
      WHERE name = ${names.at(-1)!}`.execute(kysely)

    expect(await migrateToLatest(kysely)).toEqual({ applied: [], newer: [] })
  })

  it('knows every file of the folder, in the order of their names', () => {
    const folder = fileURLToPath(new URL('../../migrations/', import.meta.url))
    const files = readdirSync(folder).filter((file) => /^\d{4}-.*\.ts$/.test(file))

    expect(names).toEqual(files.sort().map((file) => file.replace(/\.ts$/, '')))
  })
})
