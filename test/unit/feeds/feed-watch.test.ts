import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ControlledFeed, hasResolved, settle } from './controlled-feed.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('Feed, while somebody watches', () => {
  it('[broadcast] reads once each interval, not a millisecond earlier', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.feed.watch()

    vi.advanceTimersByTime(4_999)
    expect(controlled.inFlight).toBe(0)
    vi.advanceTimersByTime(1)
    expect(controlled.inFlight).toBe(1)
    await controlled.answer(2)
    vi.advanceTimersByTime(5_000)

    expect(controlled.inFlight).toBe(1)
    expect(controlled.feed.readCount).toBe(3)
  })

  it('[broadcast] has one timer for all watchers, and none after the last', () => {
    const { feed } = new ControlledFeed()
    const watches = [feed.watch(), feed.watch(), feed.watch()]

    expect(vi.getTimerCount()).toBe(1)
    for (const watch of watches.slice(1)) watch.stop()
    expect(vi.getTimerCount()).toBe(1)
    watches[0]!.stop()

    expect(vi.getTimerCount()).toBe(0)
  })

  it('[broadcast] counts one who stops twice once', () => {
    const { feed } = new ControlledFeed()
    feed.watch()
    const watch = feed.watch()

    watch.stop()
    watch.stop()

    expect(vi.getTimerCount()).toBe(1)
  })

  it('[reads] reads nothing at all once nobody watches', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.feed.watch().stop()
    controlled.feed.hint()
    vi.advanceTimersByTime(3_600_000)
    await settle()

    expect(controlled.feed.readCount).toBe(1)
  })

  it('[broadcast] begins again with the next watcher', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.feed.watch().stop()
    controlled.feed.watch()

    vi.advanceTimersByTime(5_000)

    expect(controlled.inFlight).toBe(1)
  })
})

describe('Feed, when somebody begins to watch', () => {
  it('[first frame] 50 who come at once to an idle feed cost one read, and all wait for it', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce('old')
    controlled.advance(60_000)

    const watches = Array.from({ length: 50 }, () => controlled.feed.watch())

    expect(watches.every(({ ready }) => ready !== null)).toBe(true)
    for (const { ready } of watches) expect(await hasResolved(ready!)).toBe(false)
    await controlled.answer('new')
    for (const { ready } of watches) await ready
    expect(controlled.feed.newest?.dataJson).toBe('"new"')
    expect(controlled.feed.readCount).toBe(2)
  })

  it('[first frame] 50 who come at once to a feed that was never read cost one read', async () => {
    const controlled = new ControlledFeed()

    const watches = Array.from({ length: 50 }, () => controlled.feed.watch())
    await controlled.answer('new')
    for (const { ready } of watches) await ready

    expect(controlled.feed.readCount).toBe(1)
  })

  it('[first frame] waits for nothing when the value is young', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)

    controlled.advance(4_999)
    expect(controlled.feed.watch().ready).toBeNull()
  })

  it('[first frame] waits when the value is one interval old', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)

    controlled.advance(5_000)
    const { ready } = controlled.feed.watch()

    expect(ready).not.toBeNull()
    await controlled.answer(2)
    await ready
  })

  it('[first frame] waits when something was hinted at since, however young the value is', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.feed.hint()

    const { ready } = controlled.feed.watch()

    expect(ready).not.toBeNull()
    await controlled.answer(2)
    await ready
    expect(controlled.feed.newest?.dataJson).toBe('2')
  })

  it('[first frame] a second newcomer waits for the same read, young as the old value is', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    const { feed } = controlled
    feed.hint()
    const first = feed.watch()
    const second = feed.watch()

    expect(second.ready).not.toBeNull()
    expect(controlled.inFlight).toBe(1)
    await controlled.answer(2)

    expect(await hasResolved(Promise.all([first.ready, second.ready]))).toBe(true)
    expect(feed.newest?.dataJson).toBe('2')
  })

  it('[first frame] waits for nothing beside others who are being kept current', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.feed.watch()
    controlled.advance(60_000)

    expect(controlled.feed.watch().ready).toBeNull()
  })

  it('[first frame] waits again when all had left, and nobody kept the value current', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.feed.watch().stop()
    controlled.advance(60_000)

    const { ready } = controlled.feed.watch()

    expect(ready).not.toBeNull()
    await controlled.answer(2)
    await ready
  })

  it('[first frame] the first watcher’s read makes the value current for all who follow', async () => {
    const controlled = new ControlledFeed()
    const first = controlled.feed.watch()
    await controlled.answer(1)
    await first.ready
    controlled.advance(60_000)

    expect(controlled.feed.watch().ready).toBeNull()
  })

  it('[first frame] is not content with a read that began before what was hinted at', async () => {
    const controlled = new ControlledFeed()
    void controlled.feed.refresh()
    controlled.feed.hint()
    const { ready } = controlled.feed.watch()

    await controlled.answer('before')
    expect(await hasResolved(ready!)).toBe(false)
    await controlled.answer('after')
    await ready

    expect(controlled.feed.newest?.dataJson).toBe('"after"')
  })

  it('[first frame] has waited long enough when the read fails', async () => {
    const controlled = new ControlledFeed()
    const { ready } = controlled.feed.watch()
    await controlled.fail()
    await ready

    expect(controlled.feed.newest).toBeUndefined()
  })

  it('[first frame] waits 1 s for a slow read where there is an older value, no longer', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce('old')
    controlled.advance(60_000)
    const startedAt = performance.now()

    await controlled.feed.watch().ready

    const waitedMs = performance.now() - startedAt
    expect(waitedMs).toBeGreaterThan(950)
    expect(waitedMs).toBeLessThan(4_000) // the read itself never ends
    expect(controlled.feed.newest?.dataJson).toBe('"old"')
  })

  it('[P3.6] says that the older value is stale which it shows in place of a slow read', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce('old')
    const { generatedAt } = controlled.feed.newest!
    controlled.advance(60_000)
    await controlled.feed.watch().ready

    expect(controlled.published.at(-1)).toMatchObject({ seq: 1, isStale: true, generatedAt })
    await controlled.answer('old')
    expect(controlled.published.at(-1)).toMatchObject({ seq: 1, isStale: false })
  })

  it('[P3.6] does not call stale what is younger than the interval', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce('young')
    controlled.advance(4_999)
    controlled.feed.hint()
    await controlled.feed.watch().ready

    expect(controlled.feed.newest?.isStale).toBe(false)
  })

  it('[first frame] after a failure without watchers the next one has it read anew', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    const failing = controlled.feed.refresh()
    await controlled.fail()
    await failing

    const { ready } = controlled.feed.watch()

    expect(ready).not.toBeNull()
    await controlled.answer(2)
    await ready
    expect(controlled.feed.newest?.isStale).toBe(false)
  })
})

describe('Feed, at its end', () => {
  it('[shutdown] ends its timer, waits for the read on its way, and begins no other', async () => {
    const controlled = new ControlledFeed()
    controlled.feed.watch()
    controlled.feed.hint()
    let isClosed = false
    const closing = controlled.feed.close().then(() => {
      isClosed = true
    })
    await settle()

    expect(vi.getTimerCount()).toBe(0)
    expect(isClosed).toBe(false)
    await controlled.answer(1)
    await closing
    await settle()

    expect(controlled.inFlight).toBe(0)
    expect(controlled.feed.readCount).toBe(1)
  })

  it('[shutdown] says nothing of a read that its end made fail', async () => {
    const controlled = new ControlledFeed()
    void controlled.feed.refresh()
    const closing = controlled.feed.close()
    await controlled.fail('the pool is closed')
    await closing

    expect(controlled.log).toEqual([])
  })

  it('[shutdown] reads for nobody any more', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    await controlled.feed.close()
    controlled.advance(60_000)

    const watch = controlled.feed.watch()
    controlled.feed.hint()
    await watch.ready
    await controlled.feed.refresh()

    expect((await controlled.feed.poll())?.dataJson).toBe('1')
    expect(controlled.feed.readCount).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})
