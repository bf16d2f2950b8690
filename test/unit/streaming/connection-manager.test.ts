import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ConnectionManager,
  type ConnectionManagerOptions,
} from '../../../src/server/streaming/connection-manager.js'
import type { Publication } from '../../../src/server/streaming/frame.js'
import { OPEN_ACCESS, publicationOf, seqsOf, Stage, type TestClient } from './stage.js'

interface LogLine {
  readonly about: Readonly<Record<string, unknown>>
  readonly message: string
}

/** A feed whose value is what a test says; counts who watches. */
function feedOf(name: string) {
  return {
    name,
    epoch: 'e1',
    newest: publicationOf(1) as Publication | undefined,
    watching: 0,
    watch() {
      this.watching += 1
      return {
        ready: null,
        stop: () => {
          this.watching -= 1
        },
      }
    },
  }
}

const withoutViews = (whole: ReturnType<typeof feedOf>) => ({ whole, find: () => null })

let stage: Stage
let log: LogLine[]
let feed: ReturnType<typeof feedOf>
let manager: ConnectionManager

/** A manager with one feed; its clock is the stage's, or the real one where things must wait. */
function createManager(options: Partial<ConnectionManagerOptions> = {}): ConnectionManager {
  const lines = log // those of this test, also when a socket of it closes during the next
  const created = new ConnectionManager({
    ...stage.context,
    limits: { max: 3, maxPerAddress: 2, holdMs: 5_000 },
    log: { info: (about, message) => lines.push({ about: { ...about }, message }) },
    ...options,
  })
  created.addFeed(withoutViews(feed))
  return created
}

/** A client from this address that was let in. */
async function arrive(address: string, name = 'pipeline-status'): Promise<TestClient> {
  const { socket, client } = await stage.socket()
  const place = manager.takePlace(address)
  const audience = manager.joinAudience(name, {})!
  manager.open({ socket, place, audience, token: OPEN_ACCESS })
  return client
}

/** So many clients from this address, one after the other. */
async function arriveMany(count: number, address: string): Promise<readonly TestClient[]> {
  const clients: TestClient[] = []
  while (clients.length < count) clients.push(await arrive(address))
  return clients
}

/** Waits for something that follows a close. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2))
}

beforeEach(() => {
  stage = new Stage({ broadcastIntervalMs: 1e9 })
  log = []
  feed = feedOf('pipeline-status')
  manager = createManager()
})

afterEach(() => stage.close())

describe('ConnectionManager', () => {
  it('[admission] counts the sockets, and lets their places go with them', async () => {
    expect(manager.counts).toEqual({ active: 0, max: 3 })
    const client = await arrive('a')
    expect(manager.counts).toEqual({ active: 1, max: 3 })
    client.socket.close()
    await until(() => manager.counts.active === 0)

    expect(manager.vacancyFor('a')).toBe('free')
  })

  it('[admission] knows which feeds there are, and no audience of another', () => {
    expect(manager.hasFeed('pipeline-status')).toBe(true)
    expect(manager.hasFeed('other')).toBe(false)
    expect(() => manager.joinAudience('other', {})).toThrow('no feed')
  })

  it('[admission] tells a client that cannot see a refusal whether it would be let in', () => {
    expect(manager.admissionFor('a')).toEqual({ active: 0, max: 3, accepting: true })
    manager.takePlace('a')
    manager.takePlace('a')
    expect(manager.admissionFor('a')).toEqual({
      active: 2,
      max: 3,
      accepting: false,
      code: 'address_limit',
      retry_after_ms: 10_000,
    })
    expect(manager.admissionFor('b').accepting).toBe(true)
    manager.takePlace('b')
    expect(manager.admissionFor('c')).toMatchObject({ code: 'at_capacity', retry_after_ms: 5_000 })
    manager.refuseNew()

    expect(manager.admissionFor('c')).toMatchObject({ code: 'draining', retry_after_ms: 2_000 })
    expect(manager.isDraining).toBe(true)
  })

  it('[informative lane] holds eight at a time', () => {
    const leave = Array.from({ length: 8 }, () => manager.takeLane())

    expect(leave.every((one) => one !== null)).toBe(true)
    expect(manager.takeLane()).toBeNull()
    leave[3]!()
    expect(manager.takeLane()).not.toBeNull()
    expect(manager.takeLane()).toBeNull()
    expect(manager.counts.active).toBe(0)
  })

  it('[first frame] greets and sends the newest update from memory', async () => {
    const client = await arrive('a')

    const frames = await client.heard()
    expect(frames.map(({ type }) => type)).toEqual(['connection_status', 'pipeline_status_update'])
  })

  it('[first frame] gives each connection a name of its own', async () => {
    const clients = [await arrive('a'), await arrive('b')]

    const sids = await Promise.all(
      clients.map(async (client) => ((await client.next())['data'] as { sid: string }).sid),
    )
    expect(new Set(sids).size).toBe(2)
    expect(log.map(({ about }) => about['sid'])).toEqual(sids)
  })

  it('[broadcast] hands what is published to those who listen to that feed, and no others', async () => {
    const other = feedOf('queues')
    manager.addFeed(withoutViews(other))
    const here = await arrive('a')
    const there = await arrive('b', 'queues')
    await Promise.all([here.heard(), there.heard()])
    feed.newest = publicationOf(2)
    manager.publish('pipeline-status', feed.newest)
    manager.publish('nobody knows it', publicationOf(9))

    expect(seqsOf(await here.heard())).toEqual([2])
    expect(await there.heard()).toEqual([])
  })

  it('[reads] watches the feed for each socket, as long as it lives', async () => {
    const clients = [await arrive('a'), await arrive('a'), await arrive('b')]
    expect(feed.watching).toBe(3)
    for (const client of clients) client.socket.close()
    await until(() => feed.watching === 0)

    expect(manager.counts.active).toBe(0)
  })

  it('[frames] encodes nothing any more for one who has left', async () => {
    const client = await arrive('a')
    client.socket.close()
    await until(() => manager.counts.active === 0)
    let encodings = 0
    const publication = Object.defineProperty(publicationOf(2), 'frameJson', {
      get: () => {
        encodings += 1
        return '{}'
      },
    })
    feed.newest = publication
    manager.publish('pipeline-status', publication)

    expect(encodings).toBe(0)
  })

  it('[shutdown] logs how each one ended, since nobody else does', async () => {
    const client = await arrive('a')
    await client.heard()
    stage.nowMs += 1_500
    client.socket.close(1000, 'bye')
    await until(() => log.length === 2)

    expect(log.map(({ message }) => message)).toEqual([
      'WebSocket connected',
      'WebSocket disconnected',
    ])
    expect(log[1]?.about).toMatchObject({
      address: 'a',
      code: 1000,
      reason: 'bye',
      ageMs: 1_500,
      framesSent: 1,
      active: 0,
    })
  })

  it('[age] keeps the place for the successor of one whose end was announced', async () => {
    stage.close()
    stage = new Stage({ maxAgeMs: 10_000, broadcastIntervalMs: 1e9 })
    manager = createManager({ limits: { max: 1, maxPerAddress: 1, holdMs: 5_000 } })
    const old = await arrive('a')
    expect(manager.vacancyFor('a')).toBe('address_limit')
    await stage.advance(9_000)
    expect(manager.vacancyFor('a')).toBe('free')
    expect(manager.vacancyFor('b')).toBe('at_capacity')
    const successor = await arrive('a')
    expect(manager.counts.active).toBe(1)
    await stage.advance(1_000)
    expect((await old.closed).code).toBe(4200)

    expect(seqsOf(await successor.heard())).toEqual([1])
    expect(manager.counts.active).toBe(1)
  })
})

describe('ConnectionManager, when the process ends', () => {
  beforeEach(() => {
    const clock = () => performance.now()
    manager = createManager({ clock, limits: { max: 20, maxPerAddress: 20, holdMs: 5_000 } })
  })

  it('[shutdown] closes everybody with 1001 and a time of their own to come back', async () => {
    const clients = await arriveMany(10, 'a')

    await manager.drain(0)

    const ends = await Promise.all(clients.map(({ closed }) => closed))
    const retries = ends.map(({ code, reason }) => {
      expect(code).toBe(1001)
      return Number(/^restart;retry=(\d+)$/.exec(reason)?.[1])
    })
    expect(new Set(retries).size).toBe(10)
    expect(Math.min(...retries)).toBe(500)
    expect(Math.max(...retries)).toBe(4_100)
    expect(manager.counts.active).toBe(0)
  })

  it('[shutdown] spreads the closes over the window', async () => {
    const clients = await arriveMany(4, 'a')
    const closedAfter = clients.map(({ closed }) => closed.then(() => performance.now()))
    const drainedAt = performance.now()

    await manager.drain(400)

    const instants = (await Promise.all(closedAfter)).map((at) => at - drainedAt)
    for (const [index, ms] of instants.sort((one, other) => one - other).entries()) {
      expect(ms).toBeGreaterThan(index * 100 - 20)
    }
    expect(instants[3]! - instants[0]!).toBeGreaterThan(150)
  })

  it('[shutdown] lets nobody in any more', async () => {
    await manager.drain(0)

    expect(manager.isDraining).toBe(true)
    expect(manager.admissionFor('a').accepting).toBe(false)
  })

  it('[shutdown] waits for nobody when nobody is there', async () => {
    const startedAt = performance.now()
    await manager.drain(60_000)

    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('[shutdown] is done as soon as all have answered', async () => {
    await arriveMany(2, 'a')
    const startedAt = performance.now()
    await manager.drain(0)

    expect(performance.now() - startedAt).toBeLessThan(295) // 300 ms is what it would wait
  })

  it('[shutdown] cuts off one who does not answer, after 300 ms', async () => {
    const deaf = await arrive('a')
    await deaf.heard()
    deaf.socket.pause()
    const startedAt = performance.now()

    await manager.drain(0)

    const tookMs = performance.now() - startedAt
    expect(tookMs).toBeGreaterThan(280)
    expect(tookMs).toBeLessThan(2_000)
    await until(() => manager.counts.active === 0)
  })
})
