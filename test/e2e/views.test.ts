import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Json, narrowDocument, type View, viewOf } from '../../src/protocol/index.js'
import { DocumentFollower } from '../support/document-follower.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import {
  attemptSocket,
  openSocket,
  PIPELINE_STATUS_PATH,
  type SocketClient,
} from '../support/socket-client.js'
import { attemptStream, openStream, PIPELINE_STATUS_STREAM } from '../support/stream-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const POLLED = '/api/v1/monitoring/pipeline-status'
const MAX_VIEWS = 200

let database: TestDatabase
let server: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({
    databaseUrl: database.connectionString,
    env: { MAX_CONNECTIONS: '1000', MAX_CONNECTIONS_PER_ADDRESS: '1000' },
  })
  for (const job of ['a', 'b', 'c', 'with, comma']) {
    await report(server.url, runEvent('COMPLETE', job))
  }
})

afterAll(async () => {
  await server.kill()
  await database.drop()
})

const document = () => server.getJson<Json>(POLLED)

async function open(query: string, protocol = 'pipecast.v1'): Promise<SocketClient> {
  const client = await openSocket(`${server.socketUrl}${PIPELINE_STATUS_PATH}${query}`, {
    protocols: [protocol],
  })
  onTestFinished(() => client.leave())
  await client.ofType('pipeline_status_update')
  return client
}

async function stream(query: string) {
  const client = await openStream(`${server.url}${PIPELINE_STATUS_STREAM}${query}`)
  onTestFinished(() => client.leave())
  await client.ofType('pipeline_status_update')
  return client
}

const views: readonly (readonly [query: string, view: View])[] = [
  ['?sources=b,a,nowhere', viewOf(['a', 'b', 'nowhere'])],
  ['?sources=with%252C%20comma', viewOf(['with, comma'])],
  ['?sources=', viewOf([])],
  ['?view=totals', { view: 'totals' }],
  ['?view=full', {}],
]

describe('views of the built server', () => {
  it.each(views)(
    '[P1.13] [P3.12] %s is the same over a socket, as a stream, and polled',
    async (query, view) => {
      const [socket, streamed] = [await open(query), await stream(query)]
      const polled = await server.get(POLLED + query)
      const expected = narrowDocument(await document(), view)

      const [update] = socket.updates
      expect(await polled.json()).toEqual(expected)
      expect(update?.data).toEqual(expected)
      expect(streamed.updates[0]?.frame.data).toEqual(expected)
      expect(update).toMatchObject(view)
      expect(polled.headers.get('pipecast-epoch')).toBe(update?.epoch)
      expect(polled.headers.get('pipecast-seq')).toBe(String(update?.seq))
      expect(streamed.updates[0]?.id).toBe(`${update?.epoch}:${update?.seq}`)
      expect(socket.parsed[0]?.data).toMatchObject({ epoch: update?.epoch })
    },
  )

  it('[P3.12] nothing is sent about what is not seen, but for the totals of all', async () => {
    const [a, totals] = [await open('?sources=a', 'pipecast.v1.patch'), await open('?view=totals')]
    const follower = new DocumentFollower()
    await report(server.url, runEvent('FAIL', 'c'))
    await totals.frame(({ data }) => (data as { status?: string }).status === 'Failing')
    await report(server.url, runEvent('FAIL', 'a'))
    await a.frame(({ type }) => type === 'pipeline_status_patch')
    await delay(300)
    for (const frame of a.parsed) follower.take(frame as never)

    expect(follower.counts.full).toBe(1)
    expect(follower.document).toEqual(narrowDocument(await document(), viewOf(['a'])))
    expect(JSON.stringify(a.parsed)).not.toContain('"name":"c"')
    expect(totals.updates.at(-1)?.data).toMatchObject({ totals: { failing: 2, alerts: 2 } })
  })

  it('[P5.7] [P3.12] a stream of a view resumes where it was', async () => {
    const first = await stream('?sources=b')
    const { id } = first.updates[0]!
    first.leave()
    const again = await openStream(`${server.url}${PIPELINE_STATUS_STREAM}?sources=b`, {
      headers: { 'Last-Event-ID': id! },
    })
    onTestFinished(() => again.leave())
    await report(server.url, runEvent('COMPLETE', 'b'))
    await again.ofType('pipeline_status_update')

    const [epoch, seq] = id!.split(':')
    expect(again.updates.map((update) => update.id)).toEqual([`${epoch}:${Number(seq) + 1}`])
  })

  it.each(['?sources=,', '?sources=a,,b', '?view=all', '?view=totals&sources=a'])(
    '[P1.13] %s is refused with bad_view, an upgrade before it happens',
    async (query) => {
      const socket = await attemptSocket(`${server.socketUrl}${PIPELINE_STATUS_PATH}${query}`)
      const streamed = await attemptStream(`${server.url}${PIPELINE_STATUS_STREAM}${query}`)
      const polled = await server.get(POLLED + query)

      for (const refused of [socket, streamed]) {
        expect(refused).toMatchObject({ kind: 'refused', status: 400 })
        expect(JSON.parse((refused as { body: string }).body)).toMatchObject({ code: 'bad_view' })
      }
      expect(polled.status).toBe(400)
      expect(await polled.json()).toMatchObject({ code: 'bad_view' })
    },
  )

  it('[P1.13] one view too many is refused, until another is let go', async () => {
    const url = (index: number) => `${server.socketUrl}${PIPELINE_STATUS_PATH}?sources=s${index}`
    const clients: SocketClient[] = []
    for (let index = 0; index < MAX_VIEWS; index += 1) clients.push(await openSocket(url(index)))
    const told = await openSocket(url(MAX_VIEWS))
    const streamed = await attemptStream(`${server.url}${PIPELINE_STATUS_STREAM}?sources=another`)
    const polled = await server.get(`${POLLED}?sources=another`)
    const same = await openSocket(url(7))
    const end = await told.ended

    expect(end).toMatchObject({ code: 4100, reason: 'Too many views' })
    expect(told.parsed.map(({ code }) => code)).toEqual(['too_many_views'])
    expect(streamed).toMatchObject({ kind: 'refused', status: 503 })
    expect(polled.status).toBe(503)
    expect((await server.get(`${POLLED}?sources=s7`)).status).toBe(200)
    expect((await server.get(POLLED)).status).toBe(200)
    await clients[3]!.leave()
    await expect.poll(async () => (await server.get(`${POLLED}?sources=another`)).status).toBe(200)
    await Promise.all([same, ...clients].map((client) => client.leave()))
  })
})
