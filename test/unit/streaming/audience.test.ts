import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Audience } from '../../../src/server/streaming/audience.js'
import type { Publication } from '../../../src/server/streaming/frame.js'
import { publicationOf, seqsOf, Stage } from './stage.js'

/** A feed that a test fills, and a count of how often its text was asked for. */
class FilledFeed {
  readonly name = 'pipeline-status'
  readonly epoch = 'e1'
  newest: Publication | undefined
  encodings = 0

  fill(seq: number, isStale = false): Publication {
    const { frameJson, ...rest } = publicationOf(seq, {}, isStale)
    this.newest = Object.defineProperty({ ...rest, frameJson }, 'frameJson', {
      get: () => {
        this.encodings += 1
        return frameJson
      },
    })
    return this.newest
  }

  watch() {
    return { ready: null, stop: () => undefined }
  }
}

let stage: Stage
let feed: FilledFeed
let audience: Audience

beforeEach(() => {
  stage = new Stage({ broadcastIntervalMs: 1e9 })
  stage.newest = undefined
  feed = new FilledFeed()
  audience = new Audience(
    feed,
    () => 0,
    () => undefined,
  )
})

afterEach(() => stage.close())

/** A client that listens from now on, and has heard the greeting. */
async function join() {
  const { connection, client } = await stage.connect()
  audience.add(connection)
  const leave = () => audience.remove(connection)
  await client.heard()
  return { client, leave }
}

describe('Audience', () => {
  it('[frames] encodes an update once, however many listen and however often they ask', async () => {
    const listeners = [await join(), await join(), await join()]
    audience.publish(feed.fill(1))
    for (const { client } of listeners) expect(seqsOf(await client.heard())).toEqual([1])

    expect(audience.newestFrame()).toBe(audience.newestFrame())
    expect(feed.encodings).toBe(1)
  })

  it('[frames] encodes nothing for nobody', () => {
    audience.publish(feed.fill(1))

    expect(feed.encodings).toBe(0)
  })

  it('[frames] has no frame before the feed has a value', () => {
    expect(audience.newestFrame()).toBeUndefined()
  })

  it('[frames] encodes anew when only the age is new, so that a newcomer sees the right one', () => {
    feed.fill(1)
    const before = audience.newestFrame()
    feed.fill(1)

    expect(audience.newestFrame()).not.toBe(before)
  })

  it('[broadcast] sends news at once: another number, and a change of staleness', async () => {
    const { client } = await join()
    audience.publish(feed.fill(1))
    await client.heard()
    audience.publish(feed.fill(2))
    await client.heard()
    audience.publish(feed.fill(2, true))
    await client.heard()
    audience.publish(feed.fill(2))
    await client.heard()

    const updates = client.received.filter(({ type }) => type === 'pipeline_status_update')
    expect(updates.map(({ seq, stale }) => [seq, stale])).toEqual([
      [1, undefined],
      [2, undefined],
      [2, true],
      [2, undefined],
    ])
  })

  it('[broadcast] sends no old news: what only was read again waits for the next interval', async () => {
    const { client } = await join()
    audience.publish(feed.fill(1))
    await client.heard()
    audience.publish(feed.fill(1))
    audience.publish(feed.fill(1))

    expect(await client.heard()).toEqual([])
  })

  it('[broadcast] sends nothing to one who has left', async () => {
    const { client, leave } = await join()
    leave()
    await join()
    audience.publish(feed.fill(1))

    expect(await client.heard()).toEqual([])
  })

  it('[first frame] has the newest for one who comes when all others have gone', async () => {
    const { leave } = await join()
    audience.publish(feed.fill(1))
    leave()
    audience.publish(feed.fill(2))

    expect(audience.newestFrame()).toMatchObject({ seq: 2 })
  })

  it('[broadcast] sends what is news to those who stayed, although a newcomer has it already', async () => {
    const { client } = await join()
    audience.publish(feed.fill(1))
    await client.heard()
    audience.publish(feed.fill(2))
    audience.newestFrame()

    expect(seqsOf(await client.heard())).toEqual([2])
  })

  it('[broadcast] sends what is news also when a newcomer had it before its turn to be published', async () => {
    const { client } = await join()
    audience.publish(feed.fill(1))
    await client.heard()
    const news = feed.fill(2)
    audience.newestFrame()
    audience.publish(news)
    expect(seqsOf(await client.heard())).toEqual([2])

    const stale = feed.fill(2, true)
    audience.newestFrame()
    audience.publish(stale)
    expect(seqsOf(await client.heard())).toEqual([2])
  })

  it('[broadcast] does not repeat to the first one what it began with', async () => {
    const publication = feed.fill(1)
    const { client } = await join()
    audience.publish(publication)

    expect(seqsOf(await client.heard())).toEqual([])
  })

  it('[broadcast] lets the event loop turn while it tells many, and none of them an older value', async () => {
    let now = 0
    const took: number[] = []
    const many = new Audience(
      feed,
      () => now,
      (ms) => took.push(ms),
    )
    const told: string[] = []
    for (const name of ['a', 'b', 'c', 'd']) {
      many.add({
        start: () => undefined,
        push: ({ seq }) => {
          now += 2 // ms: half of what may be done at a time
          told.push(`${name}${seq}`)
        },
        closeForRestart: () => undefined,
        terminate: () => undefined,
        framesSent: 0,
        bytesSent: 0,
      })
    }
    many.publish(feed.fill(1))
    expect(told).toEqual(['a1', 'b1'])
    many.publish(feed.fill(2))
    for (let turns = 0; turns < 5; turns += 1) await turn()

    expect(told).toEqual(['a1', 'b1', 'c2', 'd2', 'a2', 'b2'])
    expect(took).toEqual([12])
  })

  it('[broadcast] tells nobody who left while others were told', async () => {
    let now = 0
    const took: number[] = []
    const many = new Audience(
      feed,
      () => now,
      (ms) => took.push(ms),
    )
    const told: string[] = []
    const listeners = ['a', 'b'].map((name) => ({
      start: () => undefined,
      push: () => {
        now += 4
        told.push(name)
      },
      closeForRestart: () => undefined,
      terminate: () => undefined,
      framesSent: 0,
      bytesSent: 0,
    }))
    for (const listener of listeners) many.add(listener)
    many.publish(feed.fill(1))
    many.remove(listeners[1]!)
    await turn()

    expect(told).toEqual(['a'])
    expect(took).toEqual([4])
  })
})
