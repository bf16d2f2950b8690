import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type HintRecorder, recordHints } from '../support/hint-recorder.js'
import { emptyTables } from '../support/table-contents.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let admin: pg.Pool

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  admin = new pg.Pool({ connectionString: testDatabase.connectionString, max: 3 })
})
afterEach(() => emptyTables(admin))
afterAll(async () => {
  await admin.end()
  await testDatabase.drop()
})

async function start(job: string): Promise<string> {
  const { rows } = await admin.query<{ id: string }>('SELECT pipecast.start($1) AS id', [job])
  return rows[0]?.id ?? ''
}

async function onlyRun(): Promise<Record<string, unknown> | undefined> {
  const { rows } = await admin.query<Record<string, unknown>>(
    `SELECT j.namespace, j.name, r.state, r.has_start, r.rows_written::integer, r.error_message,
       r.progress_done::integer, r.progress_total::integer
     FROM pipecast.run AS r JOIN pipecast.job AS j ON j.id = r.job_id`,
  )
  expect(rows).toHaveLength(1)
  return rows[0]
}

describe('reporting in SQL', () => {
  it('starts, goes on and finishes a run', async () => {
    const id = await start('nightly')
    await admin.query('SELECT pipecast.progress($1, 40, 100)', [id])
    const during = await onlyRun()
    await admin.query(`SELECT pipecast.finish($1, 'COMPLETE', 1234)`, [id])

    expect(during).toMatchObject({ state: 'RUNNING', progress_done: 40, progress_total: 100 })
    expect(await onlyRun()).toMatchObject({
      namespace: 'default',
      name: 'nightly',
      state: 'COMPLETED',
      has_start: true,
      rows_written: 1234,
    })
  })

  it('works within one transaction, and shows when it commits', async () => {
    const client = await admin.connect()
    await client.query('BEGIN')
    await client.query(
      `SELECT pipecast.finish(pipecast.start('nightly', namespace => 'warehouse'))`,
    )
    const before = await admin.query('SELECT 1 FROM pipecast.run')
    await client.query('COMMIT')
    client.release()

    expect(before.rowCount).toBe(0)
    expect(await onlyRun()).toMatchObject({ namespace: 'warehouse', state: 'COMPLETED' })
  })

  it.each(['FAIL', 'failed', 'Fail'])('takes %s for a failure, and keeps why', async (state) => {
    const id = await start('nightly')

    await admin.query('SELECT pipecast.finish($1, $2, error => $3)', [id, state, 'disk full'])

    expect(await onlyRun()).toMatchObject({ state: 'FAILED', error_message: 'disk full' })
  })

  it('redacts a password within an error', async () => {
    const id = await start('nightly')
    const error = 'cannot reach postgres://joe:hunter2@db/x with password=hunter2 at all'

    await admin.query(`SELECT pipecast.finish($1, 'FAIL', error => $2)`, [id, error])

    expect((await onlyRun())?.['error_message']).toBe(
      'cannot reach postgres://joe:[redacted]@db/x with password=[redacted] at all',
    )
  })

  it('hints at the feed at each commit that changes what is shown', async () => {
    const hints: HintRecorder = await recordHints(testDatabase.connectionString)
    const id = await start('nightly')
    const atStart = await hints.take()
    await admin.query('SELECT pipecast.finish($1)', [id])
    const atEnd = await hints.take()
    await hints.stop()

    expect([atStart, atEnd]).toEqual([['pipeline-status'], ['pipeline-status']])
  })

  it.each([
    [`SELECT pipecast.finish('00000000-0000-4000-8000-000000000001')`, 'P0002', /start/],
    [`SELECT pipecast.finish(pipecast.start('a'), 'DONE')`, '22023', /COMPLETE, FAIL or ABORT/],
    [`SELECT pipecast.start('')`, '22023', /pipecast.start/],
    [`SELECT pipecast.start(repeat('x', 513))`, '22023', null],
    [`SELECT pipecast.finish(pipecast.start('a'), records => -1)`, '22023', null],
    [`SELECT pipecast.progress(pipecast.start('a'), -1)`, '22023', null],
  ])('refuses %s with a code and a hint, and records nothing', async (statement, code, hint) => {
    const failure = await admin.query(statement).catch((error: unknown) => error)

    expect(failure).toMatchObject({ code })
    if (hint !== null) expect((failure as pg.DatabaseError).hint).toMatch(hint)
    expect((await admin.query('SELECT 1 FROM pipecast.run')).rowCount).toBe(0)
  })
})

describe('the role pipecast_reporter', () => {
  /** Runs a statement as somebody who has that role and no other right. */
  async function asReporter(statement: string): Promise<unknown> {
    const client = await admin.connect()
    try {
      await client.query('SET ROLE pipecast_reporter')
      return await client.query(statement)
    } finally {
      await client.query('RESET ROLE')
      client.release()
    }
  }

  it('may report', async () => {
    await asReporter(`SELECT pipecast.finish(pipecast.start('nightly'))`)

    expect(await onlyRun()).toMatchObject({ state: 'COMPLETED' })
  })

  it.each([
    'SELECT * FROM pipecast.run',
    'SELECT * FROM pipecast.run_event',
    'DELETE FROM pipecast.job',
    `SELECT pipecast.record_run_events('[{"namespace":"a","name":"b"}]')`,
    `SELECT pipecast.report('{}')`,
    `SELECT pipecast.run_identity('00000000-0000-4000-8000-000000000001')`,
  ])('may not %s', async (statement) => {
    await expect(asReporter(statement)).rejects.toMatchObject({ code: '42501' })
  })
})
