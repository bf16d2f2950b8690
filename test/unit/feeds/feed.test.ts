import { describe, expect, it } from 'vitest'
import { ControlledFeed, settle } from './controlled-feed.js'

describe('Feed, at the beginning', () => {
  it('[reads] reads nothing by itself', async () => {
    const { feed, ...controlled } = new ControlledFeed()
    await settle()

    expect(feed.readCount).toBe(0)
    expect(feed.newest).toBeUndefined()
    expect(feed.state).toBe('starting')
    expect(feed.isCurrent()).toBe(false)
    expect(controlled.published).toEqual([])
  })

  it('[reads] publishes the first value as number 1, read when the read began', async () => {
    const controlled = new ControlledFeed()
    const read = controlled.feed.refresh()
    controlled.advance(400)
    await controlled.answer({ status: 'Healthy' })
    await read

    const { newest } = controlled.feed
    expect(newest).toMatchObject({ seq: 1, epoch: 'e1', isStale: false, feed: 'pipeline-status' })
    expect(newest?.dataJson).toBe('{"status":"Healthy"}')
    expect(newest?.generatedAt.toISOString()).toBe('2026-01-28T12:00:00.000Z')
    expect(JSON.parse(newest?.frameJson ?? '')).toHaveProperty(
      'timestamp',
      '2026-01-28T12:00:00.400Z',
    )
    expect(controlled.published).toEqual([newest])
    expect(controlled.feed.state).toBe('connected')
  })

  it('[reads] names its feed and its life', () => {
    const { feed } = new ControlledFeed()

    expect(feed.name).toBe('pipeline-status')
    expect(feed.epoch).toBe('e1')
  })
})

describe('Feed, its sequence', () => {
  it('[P3.4] grows when the data changes, and only then', async () => {
    const controlled = new ControlledFeed()
    for (const count of [1, 1, 2, 2, 1]) await controlled.readOnce({ count })

    expect(controlled.published.map(({ seq }) => seq)).toEqual([1, 1, 2, 2, 3])
  })

  it('[frames] tells of each reading, also of one that found nothing new', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce({ count: 1 })
    controlled.advance(3_000)
    await controlled.readOnce({ count: 1 })

    const ages = controlled.published.map(({ generatedAt }) => generatedAt.getUTCSeconds())
    expect(ages).toEqual([0, 3])
  })
})

describe('Feed, one read at a time', () => {
  it('[reads] joins what is on its way into one more read, however many ask', async () => {
    const controlled = new ControlledFeed()
    const { feed } = controlled
    feed.watch()
    for (let hint = 0; hint < 100; hint += 1) feed.hint()
    await settle()

    expect(controlled.inFlight).toBe(1)
    await controlled.answer(1)
    expect(controlled.inFlight).toBe(1)
    await controlled.answer(2)

    expect(controlled.inFlight).toBe(0)
    expect(feed.readCount).toBe(2)
  })

  it('[reads] a hint during the extra read costs one more again', async () => {
    const controlled = new ControlledFeed()
    const { feed } = controlled
    feed.watch()
    feed.hint()
    await controlled.answer(1)
    feed.hint()
    feed.hint()
    await controlled.answer(2)
    await controlled.answer(3)

    expect(controlled.inFlight).toBe(0)
    expect(feed.newest?.dataJson).toBe('3')
  })

  it('[P6.1] rests as long as a read took before hints cost another one', async () => {
    const controlled = new ControlledFeed()
    const { feed } = controlled
    feed.watch()
    controlled.advance(20)
    await controlled.answer(1)

    feed.hint()
    feed.hint()
    const duringRest = controlled.inFlight
    await expect.poll(() => controlled.inFlight, { interval: 5 }).toBe(1)

    expect(duringRest).toBe(0)
    await controlled.answer(2)
    expect(controlled.inFlight).toBe(0)
  })

  it('[P6.1] reads at once for the first hint after a rest', async () => {
    const controlled = new ControlledFeed()
    controlled.feed.watch()
    controlled.advance(20)
    await controlled.answer(1)
    controlled.advance(20)

    controlled.feed.hint()

    expect(controlled.inFlight).toBe(1)
  })

  it('[reads] refresh resolves with the read that began after it was called', async () => {
    const controlled = new ControlledFeed()
    void controlled.feed.refresh()
    let isSecondDone = false
    const second = controlled.feed.refresh().then(() => {
      isSecondDone = true
    })

    await controlled.answer(1)
    expect(isSecondDone).toBe(false)
    await controlled.answer(2)
    await second

    expect(controlled.feed.newest?.dataJson).toBe('2')
  })

  it('[reads] the extra read comes also after a read that failed', async () => {
    const controlled = new ControlledFeed()
    const { feed } = controlled
    feed.watch()
    feed.hint()
    await controlled.fail()
    await controlled.answer('new')

    expect(feed.newest?.dataJson).toBe('"new"')
    expect(feed.state).toBe('connected')
  })

  it('[reads] a hint costs nothing when nobody watches', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.feed.hint()
    await settle()

    expect(controlled.feed.readCount).toBe(1)
  })
})

describe('Feed, when the database is away', () => {
  it('[stale] has nothing to show before the first success, and says so once', async () => {
    const controlled = new ControlledFeed()
    for (let tries = 0; tries < 3; tries += 1) {
      const read = controlled.feed.refresh()
      await controlled.fail()
      await read
    }

    expect(controlled.feed.newest).toBeUndefined()
    expect(controlled.feed.state).toBe('unreachable')
    expect(controlled.published).toEqual([])
    expect(controlled.log).toEqual([
      {
        level: 'warn',
        about: { feed: 'pipeline-status', code: '57P01', reason: 'away' },
        message: 'feed cannot be read yet',
      },
    ])
  })

  it('[stale] keeps the last good data, its age and its number, and marks it stale', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce({ count: 1 })
    controlled.advance(5_000)
    const read = controlled.feed.refresh()
    await controlled.fail()
    await read

    const { newest } = controlled.feed
    expect(newest).toMatchObject({ seq: 1, isStale: true, dataJson: '{"count":1}' })
    expect(newest?.generatedAt.toISOString()).toBe('2026-01-28T12:00:00.000Z')
    expect(JSON.parse(newest?.frameJson ?? '')).toMatchObject({
      stale: true,
      timestamp: '2026-01-28T12:00:05.000Z',
      generated_at: '2026-01-28T12:00:00.000Z',
    })
    expect(controlled.published).toHaveLength(2)
    expect(controlled.feed.state).toBe('unreachable')
  })

  it('[stale] is current again with the first success, and does not count what did not change', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    const failing = controlled.feed.refresh()
    await controlled.fail()
    await failing
    await controlled.readOnce(1)

    expect(controlled.feed.newest).toMatchObject({ seq: 1, isStale: false })
    expect(controlled.feed.newest?.frameJson).not.toContain('"stale"')
    expect(controlled.feed.state).toBe('connected')
    expect(controlled.log.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  it('[stale] counts what changed meanwhile', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    const failing = controlled.feed.refresh()
    await controlled.fail()
    await failing
    await controlled.readOnce(2)

    expect(controlled.feed.newest?.seq).toBe(2)
  })

  it('[stale] takes a document that is no JSON for a failure, and goes on', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    for (const impossible of [undefined, 1n]) {
      const read = controlled.feed.refresh()
      await controlled.answer(impossible)
      await read
    }

    expect(controlled.feed.newest).toMatchObject({ seq: 1, isStale: true })
    await controlled.readOnce(2)
    expect(controlled.feed.newest).toMatchObject({ seq: 2, isStale: false })
  })

  it('[stale] a watched feed serves what it has to newcomers, who need not wait', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.feed.watch()
    controlled.feed.hint()
    await controlled.fail()

    expect(controlled.feed.watch().ready).toBeNull()
    expect(controlled.feed.newest?.isStale).toBe(true)
  })
})
