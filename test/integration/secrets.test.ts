import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { postJson } from '../support/http-post.js'
import { lineageEvent } from '../support/lineage-events.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const SECRET = 'hunter2-never-to-be-seen'

let testDatabase: TestDatabase
let onlooker: Database
let app: TestApp

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  onlooker = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 1 })
  app = await startReadyApp(testDatabase.connectionString)
  await postJson(
    `${app.url}/api/v1/lineage`,
    lineageEvent({
      eventType: 'FAIL',
      run: {
        runId: 'with-secrets',
        facets: {
          environment: { DB_PASSWORD: SECRET, harmless: 'kept' },
          errorMessage: { message: `cannot reach postgres://joe:${SECRET}@db/x` },
        },
      },
    }),
    { headers: {} },
  )
})

afterAll(async () => {
  await app.close()
  await onlooker.close()
  await testDatabase.drop()
})

describe('a secret within an event', () => {
  it('[P7.7] is nowhere in the tables', async () => {
    const { rows } = await onlooker.pool.query<{ all: string }>(`
      SELECT (SELECT string_agg(e.event::text, '') FROM pipecast.run_event AS e)
        || (SELECT string_agg(r::text, '') FROM pipecast.run AS r)
        || (SELECT string_agg(s::text, '') FROM pipecast.job_summary AS s) AS all`)

    expect(rows[0]?.all).toContain('[redacted]')
    expect(rows[0]?.all).toContain('kept')
    expect(rows[0]?.all).not.toContain(SECRET)
  })

  it('[P7.7] is not sent to anybody, and neither is a facet', async () => {
    const answer = await fetch(`${app.url}/api/v1/monitoring/pipeline-status`)
    const text = await answer.text()

    expect(text).toContain('cannot reach postgres://joe:[redacted]@db/x')
    expect(text).not.toContain(SECRET)
    expect(text).not.toContain('harmless')
  })
})
