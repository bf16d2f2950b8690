import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { askJson } from '../support/http-json.js'
import { report, runEvent } from '../support/reports.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

/** Two are under way and 50 wait; one is too many. */
const ONE_TOO_MANY = 53

const STUCK = `
  SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`

let testDatabase: TestDatabase
let onlooker: Database
let app: TestApp

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  const { connectionString } = testDatabase
  onlooker = openDatabase({ connectionString, poolMax: 1, timeoutMs: 20_000 })
  app = await startReadyApp(connectionString)
})

afterAll(async () => {
  await app.close()
  await onlooker.close()
  await testDatabase.drop()
})

it('[P1.7] however many read jobs and runs, who reports need not wait for them', async () => {
  await report(app.url, runEvent('COMPLETE', 'load'))
  const path = `${app.url}/api/v1/namespaces/default/jobs/load/runs`
  const session = await onlooker.pool.connect()
  await session.query('BEGIN; LOCK TABLE pipecast.run IN ACCESS EXCLUSIVE MODE')
  const reading = Array.from({ length: ONE_TOO_MANY }, () => askJson('GET', path))

  const stuck = async () => (await session.query(STUCK)).rowCount
  await expect.poll(stuck).toBeGreaterThanOrEqual(2)
  const reported = await askJson('PUT', `${app.url}/api/v1/queues/scraping`, { depth: 3 })
  const refused = await Promise.race(reading)
  await session.query('ROLLBACK')
  session.release()
  const statuses = (await Promise.all(reading)).map(({ status }) => status)

  expect(reported.status).toBe(200)
  expect(refused).toMatchObject({ status: 503, json: { code: 'too_many_reads' } })
  expect(refused.headers.get('retry-after')).toBe('2')
  expect(statuses).toContain(200)
  expect((await askJson('GET', path)).status).toBe(200)
})
