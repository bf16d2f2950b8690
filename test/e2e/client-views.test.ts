import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { ConnectOptions, SocketConstructor } from '../../src/client/index.js'
import { type FollowedFeed, followFeed, type OnlyTransport } from '../support/followed-feed.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let database: TestDatabase
let server: ServerProcess
let paged: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  const { connectionString: databaseUrl } = database
  server = await startServer({ databaseUrl, env: { BROADCAST_INTERVAL_MS: '1000' } })
  paged = await startServer({ databaseUrl }) // a client makes few attempts at one server
  for (const job of ['a', 'b', 'c', 'ä, ö & %']) await report(server.url, runEvent('COMPLETE', job))
})

afterAll(async () => {
  await Promise.all([server.kill(), paged.kill()])
  await database.drop()
})

/** A WebSocket that notes where it was opened to, and what came. */
function recorder() {
  const urls: string[] = []
  const frames: string[] = []
  class RecordingSocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols)
      urls.push(url)
      this.on('message', (data: Buffer) => frames.push(data.toString('utf8')))
    }
  }
  return { urls, frames, WebSocket: RecordingSocket as unknown as SocketConstructor }
}

function follow(
  url: string,
  only: OnlyTransport,
  options: Partial<ConnectOptions> = {},
): FollowedFeed {
  const followed = followFeed(url, only, options)
  onTestFinished(() => followed.subscription.close())
  return followed
}

const keysOf = ({ subscription }: FollowedFeed) =>
  Object.keys(subscription.update?.data.sources ?? {})

describe.each<OnlyTransport>(['websocket', 'sse', 'polling'])('views over %s', (only) => {
  it('[P3.12] a selection is made by the server, and follows its changes', async () => {
    const asked: string[] = []
    const recording: typeof fetch = (input, init) => {
      const url = input instanceof Request ? input.url : input.toString()
      asked.push(url)
      const isStream = url.includes('/stream')
      return only === 'polling' && isStream
        ? Promise.resolve(new Response('', { status: 404 }))
        : fetch(input, init)
    }
    const recorded = recorder()
    const followed = follow(server.url, only, {
      sources: ['b', 'ä, ö & %25'],
      fetch: recording,
      ...(only === 'websocket' ? { WebSocket: recorded.WebSocket } : {}),
    })
    const first = await followed.update(() => true)
    await followed.state(({ transport }) => transport === only)
    await report(server.url, runEvent('FAIL', 'b'))
    const failed = await followed.update(({ data }) => data.sources['b']?.status === 'Failing')
    await report(server.url, runEvent('COMPLETE', 'b'))
    await followed.update(
      ({ seq, data }) => seq > failed.seq && data.sources['b']?.status !== 'Failing',
    )

    expect(Object.keys(first.data.sources)).toEqual(['b', 'ä, ö & %25'])
    expect(Object.keys(first.data.pipelines)).toEqual(['b', 'ä, ö & %25'])
    expect(failed.data.alerts.map(({ source }) => source)).toEqual(['b'])
    const urls = [...asked, ...recorded.urls].filter((url) => url.includes('/monitoring/'))
    expect(urls.every((url) => url.includes('sources=b%2C'))).toBe(true)
    expect(recorded.frames.join('')).not.toContain('"c":')
  })

  it('[P3.12] the totals say how many alerts there are, and nothing of the jobs', async () => {
    await report(server.url, runEvent('FAIL', 'c'))
    const followed = follow(server.url, only, { view: 'totals' })
    const { data } = await followed.update((update) => update.data.totals.failing === 1)
    await report(server.url, runEvent('COMPLETE', 'c'))

    for (const left of ['sources', 'pipelines', 'alerts']) expect(data).not.toHaveProperty(left)
    expect(data.totals.alerts).toBeGreaterThanOrEqual(1)
  })
})

describe('a page that shows several selections', () => {
  it('[P9.1] [P3.12] has one connection for each of them, however often it is shown', async () => {
    const recorded = recorder()
    const all = [['a', 'b'], ['b', 'a'], ['c']].map((sources) =>
      follow(paged.url, 'websocket', { sources, WebSocket: recorded.WebSocket }),
    )
    await Promise.all(all.map((one) => one.update(() => true)))

    expect(all.map(keysOf)).toEqual([['a', 'b'], ['a', 'b'], ['c']])
    expect(recorded.urls).toHaveLength(2)
    expect(await activeAt(paged)).toBe(2)
  })

  it('[P1.13] [P3.12] may select nothing', async () => {
    const followed = follow(paged.url, 'websocket', { sources: [] })
    const { data } = await followed.update(() => true)

    expect(data).toMatchObject({ sources: {}, pipelines: {}, alerts: [] })
    expect(data.totals.sources).toBe(4)
  })
})

async function activeAt({ url }: ServerProcess): Promise<number> {
  const health = (await (await fetch(`${url}/health`)).json()) as {
    connections: { active: number }
  }
  return health.connections.active
}
