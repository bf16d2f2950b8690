import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redactText } from '../../src/server/runs/redact.js'
import { INNOCENT_TEXTS, SECRET_TEXTS, textsOfPieces } from '../support/secret-texts.js'
import { emptyTables } from '../support/table-contents.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const SECRET = 'hunter2-never-to-be-seen'

let testDatabase: TestDatabase
let admin: pg.Pool

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  admin = new pg.Pool({ connectionString: testDatabase.connectionString, max: 2 })
})
beforeEach(() => emptyTables(admin))
afterAll(async () => {
  await admin.end()
  await testDatabase.drop()
})

async function redactInSql(texts: readonly string[]): Promise<readonly unknown[]> {
  const { rows } = await admin.query<{ redacted: string }>(
    `SELECT pipecast.redact(said) AS redacted
     FROM unnest($1::text[]) WITH ORDINALITY AS t (said, nth) ORDER BY nth`,
    [texts],
  )
  return rows.map(({ redacted }) => redacted)
}

describe('redaction in SQL', () => {
  it.each(SECRET_TEXTS)('[P7.7] takes the secret out of %s', async (_what, text, expected) => {
    expect(await redactInSql([text])).toEqual([expected])
  })

  it('[P7.7] leaves alone what is no secret', async () => {
    expect(await redactInSql(INNOCENT_TEXTS)).toEqual(INNOCENT_TEXTS)
  })

  it('[P7.7] does with any text what every other way of reporting does', async () => {
    const more = ['secret_key', 'IDENTIFIED BY', 'api-key', 'https', 'http', '=>', ':=', '\t', "''"]
    more.push('\\"', '-----END', '?x-amz-signature', 'basic ', '/', '_', 'ü', '🐘', '1', ';', 'pwd')
    const unit = fc.oneof(textsOfPieces, fc.constantFrom(...more))
    const text = fc.array(unit, { maxLength: 8 }).map((all) => all.join(''))
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 100, maxLength: 100 }), async (texts) => {
        expect(await redactInSql(texts)).toEqual(texts.map(redactText))
      }),
      { numRuns: 50 },
    )
  })

  it.each(['a', 'password=', "password='\\'", "password=''", '://a:b@', 'Bearer x ', "'"])(
    '[OL-size] takes the longest error that is read, of %j, in no noticeable time',
    async (unit) => {
      const startedAt = performance.now()
      await redactInSql([unit.repeat(10_000 / unit.length)])

      expect(performance.now() - startedAt).toBeLessThan(3_000) // about 130, and slow machines
    },
  )
})

describe('a secret in a report in SQL', () => {
  it.each([
    `Authorization: Bearer ${SECRET}`,
    `{"password": "${SECRET}"}`,
    `aws_secret_access_key=${SECRET}`,
    `load --token ${SECRET}`,
    `https://${SECRET}@github.com/a`,
    `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`,
    `password='a ${SECRET}'`,
    `postgres://u:p@${SECRET}@h`,
    `${'.'.repeat(1_990)} postgres://u:${SECRET}@h`,
  ])('[P7.7] is nowhere in the tables: %j', async (text) => {
    const { rows } = await admin.query<{ id: string }>(
      'SELECT pipecast.start(right($1, 500), namespace => right($1, 500)) AS id',
      [text],
    )
    await admin.query('SELECT pipecast.progress($1, 1)', [rows[0]?.id])
    await admin.query(`SELECT pipecast.finish($1, 'FAIL', error => $2)`, [rows[0]?.id, text])

    const stored = await admin.query<{ all: string }>(`
      SELECT (SELECT string_agg(e.event::text, '') FROM pipecast.run_event AS e)
        || (SELECT string_agg(j::text, '') FROM pipecast.job AS j)
        || (SELECT string_agg(r::text, '') FROM pipecast.run AS r)
        || (SELECT string_agg(s::text, '') FROM pipecast.job_summary AS s) AS all`)
    expect(stored.rows[0]?.all).toContain('[redacted]')
    expect(stored.rows[0]?.all).not.toContain(SECRET)
  })
})
