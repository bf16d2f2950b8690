import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { lineageEvent } from '../support/lineage-events.js'
import { openRawExchange, type RawExchange } from '../support/raw-exchange.js'
import { runIdOf } from '../support/run-events.js'
import { emptyTables, readTables } from '../support/table-contents.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let onlooker: Database
let app: TestApp
let exchange: RawExchange

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  const { connectionString } = testDatabase
  onlooker = openDatabase({ connectionString, poolMax: 2 })
  app = await startReadyApp(connectionString)
})

afterAll(async () => {
  await app.close()
  await onlooker.close()
  await testDatabase.drop()
})

beforeEach(async () => {
  await emptyTables(onlooker.pool)
  exchange = await openRawExchange(app.url)
  return () => exchange.end()
})

/** As Apache HttpClient, under the Java client of OpenLineage, sends it. */
function headOf(body: string, ...lines: readonly string[]): string {
  return [
    'POST /api/v1/lineage HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...lines,
    '\r\n',
  ].join('\r\n')
}

const offersTls = ['Upgrade: TLS/1.2', 'Connection: Upgrade']

/** A body that says of itself how long it is. */
function bodyOf(number: number, padding = 0): string {
  const facets = { padding: { text: 'x'.repeat(padding) } }
  return JSON.stringify(lineageEvent({ run: { runId: runIdOf(number), facets } }))
}

async function recordedLengths(): Promise<readonly number[]> {
  const { rows } = await onlooker.pool.query<{ length: number }>(
    `SELECT length(event #>> '{run,facets,padding,text}') AS length
     FROM pipecast.run_event ORDER BY run_id`,
  )
  return rows.map(({ length }) => length)
}

describe('a report that offers another protocol on the side', () => {
  it('is answered 201 as any other, when it comes in one packet', async () => {
    const body = bodyOf(1, 10)

    const answer = await exchange.ask(headOf(body, ...offersTls) + body)

    expect(answer).toMatchObject({
      status: 201,
      body: JSON.stringify({ status: 'recorded', run_id: runIdOf(1) }),
    })
    expect(await recordedLengths()).toEqual([10])
  })

  it('arrives whole when its head comes first and its body later, in pieces', async () => {
    const body = bodyOf(1, 300_000)
    const pieces = [body.slice(0, 7), body.slice(7, 100_000), body.slice(100_000)]

    const answer = await exchange.ask(headOf(body, ...offersTls), ...pieces)

    expect(answer.status).toBe(201)
    expect(await recordedLengths()).toEqual([300_000])
  })

  it('arrives whole when the body begins in the packet of the head', async () => {
    const body = bodyOf(1, 5_000)

    const answer = await exchange.ask(
      headOf(body, ...offersTls) + body.slice(0, 50),
      body.slice(50),
    )

    expect(answer.status).toBe(201)
    expect(await recordedLengths()).toEqual([5_000])
  })

  it('may be chunked', async () => {
    const body = bodyOf(1, 20)
    const head = headOf(body, ...offersTls, 'Transfer-Encoding: chunked').replace(
      /Content-Length.*\r\n/,
      '',
    )

    const answer = await exchange.ask(head, `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)

    expect(answer.status).toBe(201)
    expect(await recordedLengths()).toEqual([20])
  })

  it('can be followed by others on the same connection, with and without an offer', async () => {
    const statuses: number[] = []
    for (const [index, lines] of [offersTls, [], offersTls, offersTls, []].entries()) {
      const body = bodyOf(index, 10 + index)
      const answer = await exchange.ask(headOf(body, ...lines), body)
      statuses.push(answer.status)
    }

    expect(statuses).toEqual([201, 201, 201, 201, 201])
    expect(await recordedLengths()).toEqual([10, 11, 12, 13, 14])
  })

  it('is the same for HTTP/2 in the clear', async () => {
    const body = bodyOf(1, 10)
    const offer = [
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABk',
    ]

    expect((await exchange.ask(headOf(body, ...offer), body)).status).toBe(201)
    expect(await recordedLengths()).toEqual([10])
  })

  it('is refused as any other when it is wrong', async () => {
    const answer = await exchange.ask(headOf('{}', ...offersTls), '{}')

    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'missing_run_id' })
    expect((await readTables(onlooker.pool)).runs).toEqual([])
  })
})
