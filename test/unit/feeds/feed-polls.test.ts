import { describe, expect, it, vi } from 'vitest'
import { ControlledFeed } from './controlled-feed.js'

describe('Feed, for those who poll', () => {
  it('[polling] 50 who ask at once cost one read', async () => {
    const controlled = new ControlledFeed()
    const polls = Array.from({ length: 50 }, () => controlled.feed.poll())
    await controlled.answer(1)
    const snapshots = await Promise.all(polls)

    expect(new Set(snapshots)).toEqual(new Set([controlled.feed.newest]))
    expect(controlled.feed.readCount).toBe(1)
  })

  it('[polling] answers from memory while the value is younger than the interval', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)

    controlled.advance(4_999)
    expect((await controlled.feed.poll())?.dataJson).toBe('1')
    controlled.advance(1)
    const poll = controlled.feed.poll()
    await controlled.answer(2)

    expect((await poll)?.dataJson).toBe('2')
    expect(controlled.feed.readCount).toBe(2)
  })

  it('[polling] reads anew after a hint, once', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.feed.hint()
    const poll = controlled.feed.poll()
    await controlled.answer(2)
    await poll

    expect((await controlled.feed.poll())?.dataJson).toBe('2')
    expect(controlled.feed.readCount).toBe(2)
  })

  it('[polling] does not answer with a read that began before a hint', async () => {
    const controlled = new ControlledFeed()
    const early = controlled.feed.poll()
    controlled.feed.hint()
    const late = controlled.feed.poll()
    await controlled.answer('before')
    expect((await early)?.dataJson).toBe('"before"')
    await controlled.answer('after')

    expect((await late)?.dataJson).toBe('"after"')
  })

  it('[P6.1] those who ask in a storm of hints are answered from few reads, as watchers are', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(0)
    let asked = 0
    let poll = Promise.resolve<unknown>(undefined)
    do {
      controlled.feed.hint()
      poll = controlled.feed.poll()
      asked += 1
      if (controlled.inFlight > 0) await controlled.answer(asked)
    } while (controlled.feed.readCount > asked && asked < 1_000)

    expect(asked).toBeLessThan(150) // the next read waits, though none is under way
    await vi.waitFor(() => controlled.answer('after a rest'))
    expect(await poll).toMatchObject({ dataJson: '"after a rest"' })
  })

  it('[polling] forgets no hint because the read that it asked for failed', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.feed.hint()
    const failing = controlled.feed.poll()
    await controlled.fail()
    expect((await failing)?.isStale).toBe(true)
    const poll = controlled.feed.poll()
    await controlled.answer(2)

    expect(await poll).toMatchObject({ dataJson: '2', isStale: false })
  })

  it('[polling] reads anew when the clock was set back behind the value', async () => {
    const controlled = new ControlledFeed()
    await controlled.readOnce(1)
    controlled.advance(-1)
    expect(controlled.feed.isCurrent()).toBe(false)
  })

  it('[polling] has nothing to answer while the first read fails', async () => {
    const controlled = new ControlledFeed()
    const poll = controlled.feed.poll()
    await controlled.fail()

    expect(await poll).toBeUndefined()
  })
})
