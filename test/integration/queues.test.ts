import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { askJson } from '../support/http-json.js'
import { openSocket, PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { emptyTables } from '../support/table-contents.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database
let app: TestApp

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 2 })
  app = await startReadyApp(testDatabase.connectionString)
})

afterAll(async () => {
  await app.close()
  await database.close()
  await testDatabase.drop()
})

beforeEach(() => emptyTables(database.pool))

const put = (name: string, body: unknown) =>
  askJson('PUT', `${app.url}/api/v1/queues/${name}`, body)

async function queues(): Promise<readonly unknown[]> {
  const { rows } = await database.pool.query<object>(
    'SELECT name, depth, running FROM pipecast.queue ORDER BY name',
  )
  return rows
}

describe('DELETE /api/v1/queues/:name', () => {
  const remove = (name: string, headers: Record<string, string> = {}) =>
    fetch(`${app.url}/api/v1/queues/${name}`, { method: 'DELETE', headers })

  it('[P7.12] forgets that queue alone, and answers 204', async () => {
    await put('scraping', { depth: 9 })
    await put('a%2Fb', { depth: 3 })

    const answer = await remove('a%2Fb')

    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(await queues()).toEqual([{ name: 'scraping', depth: 9, running: 0 }])
  })

  it('[P7.12] answers 404 where there is none of that name', async () => {
    await put('scraping', { depth: 9 })
    await remove('scraping')

    const answer = await remove('scraping')

    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'queue_not_found' })
  })

  it('[P7.6] is for those who may report', async () => {
    await put('scraping', { depth: 9 })

    const answer = await remove('scraping', { 'x-forwarded-for': '192.0.2.1' })

    expect(answer.status).toBe(403)
    expect(await queues()).toHaveLength(1)
  })

  it('no longer counts what it held', async () => {
    await put('renamed', { depth: 9 })
    await remove('renamed')

    const answer = await fetch(`${app.url}/api/v1/monitoring/pipeline-status`)

    expect(await answer.text()).not.toContain('renamed')
  })
})

describe('PUT /api/v1/queues/:name', () => {
  it('keeps the newest report of a queue', async () => {
    await put('scraping', { depth: 9, running: 9 })
    const answer = await put('scraping', { depth: 3, running: 1 })

    expect(answer).toMatchObject({ status: 200, json: { name: 'scraping', depth: 3, running: 1 } })
    expect(Date.now() - Date.parse(String(answer.json['updated_at']))).toBeLessThan(10_000)
    expect(await queues()).toEqual([{ name: 'scraping', depth: 3, running: 1 }])
  })

  it('takes nothing for being worked on when nothing is said of it', async () => {
    await put('scraping', { depth: 3, running: 1 })
    await put('scraping', { depth: 3 })

    expect(await queues()).toEqual([{ name: 'scraping', depth: 3, running: 0 }])
  })

  it('takes names of any letters, and counts up to what the table holds', async () => {
    const name = 'mail/out.ü 🐘'

    const answer = await put(encodeURIComponent(name), { depth: 2_147_483_647 })

    expect(answer.status).toBe(200)
    expect(await queues()).toEqual([{ name, depth: 2_147_483_647, running: 0 }])
  })

  it.each([
    ['nothing', {}, ['/depth']],
    ['a negative depth', { depth: -1 }, ['/depth']],
    ['half a piece of work', { depth: 1.5 }, ['/depth']],
    ['a depth in letters', { depth: '3' }, ['/depth']],
    ['no depth', { depth: null }, ['/depth']],
    ['more than the table holds', { depth: 2_147_483_648 }, ['/depth']],
    ['another member', { depth: 1, size: 1 }, ['/size']],
    ['two wrong ones', { depth: -1, running: -1 }, ['/depth', '/running']],
    ['a list', [1], ['']],
  ])('answers 400 to %s, and says where', async (_what, body, paths) => {
    const { status, json } = await put('scraping', body)

    const problems = json['problems'] as { path: string }[]
    expect([status, json['code']]).toEqual([400, 'invalid_body'])
    expect(problems.map(({ path }) => path)).toEqual(paths)
    expect(await queues()).toEqual([])
  })

  it('[P3.3] reaches a socket at once', async () => {
    await put('scraping', { depth: 3, running: 1 })
    const client = await openSocket(`${app.url.replace('http', 'ws')}${PIPELINE_STATUS_PATH}`)
    const depthIn = (frame: { data?: Readonly<Record<string, unknown>> }) =>
      (frame.data?.['queue'] as { queued?: number } | undefined)?.queued
    await client.frame((frame) => depthIn(frame) === 3)

    const changedAt = performance.now()
    await put('scraping', { depth: 4, running: 1 })
    const { receivedAt } = await client.frame((frame) => depthIn(frame) === 4)

    await client.leave()
    // The next tick would come after five seconds.
    expect(receivedAt - changedAt).toBeLessThan(1_000)
  })
})
