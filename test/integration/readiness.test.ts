import pg from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { startTestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

/** Under which processes that migrate at the same time wait for each other. */
const SCHEMA_LOCK = 74_732_278

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

it('[P1.6] is not ready while another process migrates, though the database can be read', async () => {
  const other = new pg.Client({ connectionString: database.connectionString })
  await other.connect()
  onTestFinished(() => other.end())
  await other.query('SELECT pg_advisory_lock($1)', [SCHEMA_LOCK])
  const app = await startTestApp(database.connectionString)
  onTestFinished(() => app.close())
  const statusOf = async (path: string) => (await fetch(app.url + path)).status

  expect(await statusOf('/api/v1/public/health')).toBe(200)
  expect(await statusOf('/api/v1/public/ready')).toBe(503)

  await other.query('SELECT pg_advisory_unlock($1)', [SCHEMA_LOCK])
  await app.started
  expect(await statusOf('/api/v1/public/ready')).toBe(200)
})
