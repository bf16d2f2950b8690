import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database
let reasons: Error[]

beforeEach(async () => {
  testDatabase = await createTestDatabase()
  reasons = []
  database = openDatabase({
    connectionString: testDatabase.connectionString,
    poolMax: 1,
    onUnprepared: (reason) => reasons.push(reason),
  })
})

afterEach(async () => {
  await database.close()
  await testDatabase.drop()
})

const namesOfQueues = async () => {
  const { rows } = await sql<{ name: string }>`
    /* prepared: queues-of-test */ SELECT * FROM pipecast.queue`.execute(database.kysely)
  return rows.map(({ name }) => name)
}

const preparedNow = async () => {
  const { rows } = await sql<{ name: string }>`
    SELECT name FROM pg_prepared_statements`.execute(database.kysely)
  return rows.map(({ name }) => name)
}

it('a statement that names itself is prepared once, the others never', async () => {
  await namesOfQueues()
  await namesOfQueues()

  expect(await preparedNow()).toEqual(['queues-of-test'])
  expect(reasons).toEqual([])
})

it('sessions that forget, as behind a pooler, cost the planning and no answer', async () => {
  await namesOfQueues()
  await sql`DISCARD ALL`.execute(database.kysely)
  await sql`INSERT INTO pipecast.queue (name, depth) VALUES ('mail', 1)`.execute(database.kysely)

  expect(await namesOfQueues()).toEqual(['mail'])
  expect(await namesOfQueues()).toEqual(['mail'])
  expect(await preparedNow()).toEqual([])
  expect(reasons.map(({ message }) => message)).toEqual([
    'prepared statement "queues-of-test" does not exist',
  ])
})

it('a session that another client has used, as behind a pooler, answers as well', async () => {
  await sql`PREPARE "queues-of-test" AS SELECT 1`.execute(database.kysely)

  expect(await namesOfQueues()).toEqual([])
  expect(reasons).toHaveLength(1)
})

it('a table that a newer version has changed meanwhile is read as it is now', async () => {
  await namesOfQueues()
  await sql`ALTER TABLE pipecast.queue ADD COLUMN extra integer`.execute(database.kysely)

  expect(await namesOfQueues()).toEqual([])
  expect(reasons.map(({ message }) => message)).toEqual(['cached plan must not change result type'])
})

it('a statement that Postgres refuses for another reason fails, and is still prepared', async () => {
  const divide = (by: number) =>
    sql`/* prepared: division-of-test */ SELECT 1 / ${by}::integer`.execute(database.kysely)
  await expect(divide(0)).rejects.toThrow('division by zero')
  await divide(1)

  expect(await preparedNow()).toEqual(['division-of-test'])
  expect(reasons).toEqual([])
})
