import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrations } from '../../migrations/index.js'
import { MigrationError, migrateToLatest } from '../../src/server/database/migrate-to-latest.js'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
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

      expect(await migrateToLatest(kysely)).toEqual({ applied: [] })
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

  it('knows every file of the folder, in the order of their names', () => {
    const folder = fileURLToPath(new URL('../../migrations/', import.meta.url))
    const files = readdirSync(folder).filter((file) => /^\d{4}-.*\.ts$/.test(file))

    expect(names).toEqual(files.sort().map((file) => file.replace(/\.ts$/, '')))
  })
})
