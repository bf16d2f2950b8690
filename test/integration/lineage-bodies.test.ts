import { createGzip, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { postBytes, postJson, type PostAnswer } from '../support/http-post.js'
import { lineageEvent } from '../support/lineage-events.js'
import { runIdOf } from '../support/run-events.js'
import { emptyTables, type Row, readTables } from '../support/table-contents.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const MAX_BYTES = 1_048_576
const MEBIBYTE = Buffer.alloc(1_048_576)

let testDatabase: TestDatabase
let onlooker: Database
let app: TestApp
let url: string

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  const { connectionString } = testDatabase
  onlooker = openDatabase({ connectionString, poolMax: 2 })
  app = await startReadyApp(connectionString, { INGEST_MAX_BYTES: String(MAX_BYTES) })
  url = `${app.url}/api/v1/lineage`
})

afterAll(async () => {
  await app.close()
  await onlooker.close()
  await testDatabase.drop()
})

beforeEach(() => emptyTables(onlooker.pool))

const gzip = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }

async function recorded(): Promise<readonly Row[]> {
  return (await readTables(onlooker.pool)).runs
}

async function zeros(mebibytes: number): Promise<Buffer> {
  const packer = createGzip()
  const packed = packer.toArray()
  for (let written = 0; written < mebibytes; written += 1) {
    if (!packer.write(MEBIBYTE)) await new Promise((resolve) => packer.once('drain', resolve))
  }
  packer.end()
  return Buffer.concat((await packed) as Buffer[])
}

/** The greatest memory in use while something happens, beyond what was in use before; in bytes. */
async function peakMemory(action: () => Promise<unknown>): Promise<number> {
  const inUse = () => process.memoryUsage.rss()
  const before = inUse()
  let peak = before
  const sampler = setInterval(() => {
    peak = Math.max(peak, inUse())
  }, 5)
  await action().finally(() => clearInterval(sampler))
  return Math.max(peak, inUse()) - before
}

describe('the body of a report', () => {
  it.each([false, true])(
    '[P7.3] may be packed with gzip (in chunks, without length: %s)',
    async (is) => {
      const body = gzipSync(JSON.stringify(lineageEvent()))

      const answer = await postBytes(url, body, { headers: gzip, isChunked: is })

      expect(answer.status).toBe(201)
      expect(await recorded()).toHaveLength(1)
    },
  )

  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['no Content-Type', {}],
    ['text/plain', { 'Content-Type': 'text/plain' }],
    ['a character set', { 'Content-Type': 'application/json; charset=latin1' }],
    ['a vendor type', { 'Content-Type': 'application/vnd.openlineage+json' }],
    ['a form, as curl -d says', { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['nonsense', { 'Content-Type': 'json' }],
    ['Content-Encoding: identity', { 'Content-Encoding': 'identity' }],
  ])('is read whatever its headers say of it: %s', async (_what, headers) => {
    const answer = await postBytes(url, JSON.stringify(lineageEvent()), { headers })

    expect(answer.status).toBe(201)
    expect(await recorded()).toHaveLength(1)
  })

  it.each<readonly [string, string | Buffer, string]>([
    ['nothing', '', 'invalid_json'],
    ['half of an object', '{"eventType":', 'invalid_json'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x80]), 'invalid_json'],
  ])('answers 400 to %s', async (_what, body, code) => {
    const headers = { 'Content-Type': 'application/json' }

    const answers = await Promise.all([
      postBytes(url, body, { headers }),
      postBytes(url, body, { headers, isChunked: true }),
      postBytes(url, gzipSync(body), { headers: gzip }),
    ])

    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 400,
        json: { code, message: expect.stringMatching(/\w/) as string, path: '' },
      })
    }
  })

  it('answers 400 to what is not gzip, or not all of it', async () => {
    const packed = gzipSync(JSON.stringify(lineageEvent()))

    const plain = await postBytes(url, '{}', { headers: gzip })
    const cut = await postBytes(url, packed.subarray(0, packed.length - 12), { headers: gzip })

    expect(plain).toMatchObject({ status: 400, json: { code: 'bad_gzip' } })
    expect(cut).toMatchObject({ status: 400, json: { code: 'bad_gzip' } })
    expect(await recorded()).toEqual([])
  })

  it('answers 415 to a packing that it does not know', async () => {
    const headers = { 'Content-Encoding': 'br' }

    const answer = await postBytes(url, '{}', { headers })

    expect(answer).toMatchObject({ status: 415, json: { code: 'unsupported_encoding' } })
  })

  it('may be as large as the limit, and not one byte larger', async () => {
    const event = JSON.stringify(lineageEvent({ run: { runId: runIdOf(1), facets: { a: '' } } }))
    const bodyOf = (size: number) =>
      event.replace('"a":""', `"a":"${'x'.repeat(size - event.length)}"`)
    const statuses = async (size: number) => [
      (await postBytes(url, bodyOf(size))).status,
      (await postBytes(url, bodyOf(size), { isChunked: true })).status,
      (await postBytes(url, gzipSync(bodyOf(size)), { headers: gzip })).status,
    ]

    expect(await statuses(MAX_BYTES)).toEqual([201, 201, 201])
    expect(await statuses(MAX_BYTES + 1)).toEqual([413, 413, 413])
    expect(await postBytes(url, bodyOf(MAX_BYTES + 1))).toMatchObject({
      json: { code: 'too_large', message: expect.stringMatching(/\w/) as string },
    })
  })

  it('[P7.3] answers 413 to a gzip bomb, and never holds what is in it', async () => {
    const bomb = await zeros(400)
    expect(bomb.length).toBeLessThan(MAX_BYTES)
    const answers: PostAnswer[] = []

    const peakBytes = await peakMemory(async () => {
      for (const isChunked of [true, false]) {
        answers.push(await postBytes(url, bomb, { headers: gzip, isChunked }))
      }
    })

    expect(answers.map(({ status }) => status)).toEqual([413, 413])
    expect(peakBytes).toBeLessThan(100 * MEBIBYTE.length)
    expect((await postJson(url, lineageEvent())).status).toBe(201)
  }, 60_000)

  it.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ['NUL characters', { job: { namespace: 'a\0b', name: 'c\0d' } }],
    ['half a character', { job: { namespace: '\ud800', name: '\udfff' } }],
    ['a name of 100,000 letters', { job: { namespace: 'n'.repeat(1e5), name: 'x'.repeat(1e5) } }],
    ['a run id that is no UUID', { run: { runId: 'scheduled__2026-01-28' } }],
    ['a run id of 100,000 letters', { run: { runId: 'x'.repeat(1e5) } }],
    ['the year 1', { eventTime: '0001-01-01T00:00:00Z' }],
    ['the year 1970', { eventTime: '1970-01-01T00:00:00Z' }],
    ['the year 9999', { eventTime: '9999-12-31T23:59:59.999999999Z' }],
    ['a leap second', { eventTime: '2016-12-31T23:59:60Z' }],
    ['an unknown type', { eventType: 'EXPLODED' }],
    ['facets of the wrong shape', { run: { runId: 'r', facets: { parent: [], nominalTime: 7 } } }],
    ['a number beyond all numbers', { inputs: [{ size: 1e308 }] }],
    ['a key called __proto__', JSON.parse('{"__proto__": {"a": 1}}') as Record<string, unknown>],
  ])('records an event with %s', async (_what, changes) => {
    const answer = await postJson(url, lineageEvent(changes))

    expect(answer.status).toBe(201)
    expect(await recorded()).toHaveLength(1)
  })

  it.each([
    ['nested ten thousand levels deep', `{"a":`.repeat(10_000) + '1' + '}'.repeat(10_000)],
    ['with a list nested as deep', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['with a number of a thousand digits', '9'.repeat(1_000)],
    ['with 50,000 facets', `{${Array.from({ length: 50_000 }, (_, n) => `"f${n}":0`).join()}}`],
  ])('records an event %s', async (_what, facets) => {
    const event = JSON.stringify(lineageEvent({ run: { runId: 'r', facets: 'HERE' } }))

    const answer = await postBytes(url, event.replace('"HERE"', facets))

    expect(answer.status).toBe(201)
    expect(await recorded()).toHaveLength(1)
  })

  it('is read as well as it can be when it is not UTF-8', async () => {
    const body = Buffer.from(JSON.stringify(lineageEvent({ producer: 'Müller' })), 'latin1')

    expect((await postBytes(url, body)).status).toBe(201)
    expect(await recorded()).toHaveLength(1)
  })

  it('may begin with a byte order mark', async () => {
    const answer = await postBytes(url, `\ufeff${JSON.stringify(lineageEvent())}`)

    expect(answer.status).toBe(201)
  })

  it('never ends in a 5xx, whatever is in the members that count', async () => {
    const odd = [null, 0, -1, 1.5, true, '', ' ', '\0', '\ud800', [], {}, [null], { a: { a: 1 } }]
    const events = odd.flatMap((value) => [
      lineageEvent({ eventType: value }),
      lineageEvent({ eventTime: value }),
      lineageEvent({ run: value }),
      lineageEvent({ run: { runId: value } }),
      lineageEvent({ run: { runId: 'r', facets: value } }),
      lineageEvent({ run: { runId: 'r', facets: { parent: value, errorMessage: value } } }),
      lineageEvent({ run: { runId: 'r', facets: { parent: { run: value, job: value } } } }),
      lineageEvent({ run: { runId: 'r', facets: { nominalTime: { nominalStartTime: value } } } }),
      lineageEvent({ job: value }),
      lineageEvent({ job: { namespace: value, name: value } }),
      lineageEvent({ job: { namespace: 'a', name: 'b', facets: { jobType: value } } }),
      lineageEvent({ outputs: value }),
      lineageEvent({ outputs: [{ outputFacets: { outputStatistics: { rowCount: value } } }] }),
    ])

    const answers = await Promise.all(events.map((event) => postJson(url, event)))

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 400]))
  })
})
