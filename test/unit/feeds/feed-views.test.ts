import { beforeEach, describe, expect, it } from 'vitest'
import { viewOf } from '../../../src/protocol/index.js'
import { FeedViews, MAX_VIEWS } from '../../../src/server/feeds/feed-views.js'
import { ControlledFeed } from './controlled-feed.js'

let controlled: ControlledFeed
let views: FeedViews
let nowMs: number

beforeEach(() => {
  controlled = new ControlledFeed()
  nowMs = 0
  views = new FeedViews(controlled.feed, () => nowMs)
})

const sources = (a: number, b: number) => ({ sources: { a: { n: a }, b: { n: b } } })
const seen = (view: ReturnType<FeedViews['find']>) => JSON.parse(view!.newest!.dataJson) as unknown

describe('FeedViews', () => {
  it('[P3.12] has one for all who ask for the same', () => {
    expect(views.find(viewOf(['b', 'a']))).toBe(views.find(viewOf(['a', 'b', 'a'])))
    expect(views.find(viewOf(['a']))).not.toBe(views.find(viewOf(['a', 'b'])))
  })

  it('[P3.12] has nothing to show before the feed has', async () => {
    const view = views.find(viewOf(['a']))!

    expect(view.newest).toBeUndefined()
    await controlled.readOnce(sources(1, 1))
    expect(seen(view)).toEqual({ sources: { a: { n: 1 } } })
  })

  it('[P3.12] counts what changes in the view, and only that', async () => {
    await controlled.readOnce(sources(1, 1))
    const view = views.find(viewOf(['a']))!
    const seqs = [view.newest?.seq]
    for (const [a, b] of [
      [1, 2],
      [2, 2],
      [2, 2],
      [3, 3],
    ] as const) {
      await controlled.readOnce(sources(a, b))
      seqs.push(view.newest?.seq)
    }

    expect(seqs).toEqual([1, 1, 2, 2, 3])
    expect(controlled.feed.newest?.seq).toBe(4)
  })

  it('[P3.12] says in its frame what it shows, and of which sequence it is', async () => {
    await controlled.readOnce(sources(1, 1))
    const frame = JSON.parse(views.find(viewOf(['b']))!.newest!.frameJson) as object

    expect(frame).toMatchObject({
      type: 'pipeline_status_update',
      epoch: 'e1.1',
      seq: 1,
      sources: ['b'],
      generated_at: '2026-01-28T12:00:00.000Z',
      data: { sources: { b: { n: 1 } } },
    })
    expect(JSON.parse(views.find({ view: 'totals' })!.newest!.frameJson)).toMatchObject({
      epoch: 'e1.2',
      view: 'totals',
    })
  })

  it('[P3.12] is as old, and as stale, as the feed', async () => {
    await controlled.readOnce(sources(1, 1))
    const view = views.find(viewOf(['a']))!
    const before = view.newest
    controlled.advance(1_000)
    const read = controlled.feed.refresh()
    await controlled.fail()
    await read

    expect(view.newest).toMatchObject({
      seq: 1,
      isStale: true,
      generatedAt: before?.generatedAt,
      madeAt: controlled.feed.newest?.madeAt,
    })
    expect(view.newest).toBe(view.newest)
  })

  it('[P3.12] does not keep the whole of the feed alive that it was narrowed from', async () => {
    await controlled.readOnce(sources(1, 1))
    const view = views.find(viewOf(['a']))!
    const whole = controlled.feed.newest!
    expect(view.newest?.seq).toBe(1)

    expect(reaches(view, whole, controlled.feed)).toBe(false)
  })

  it('[P3.12] is dropped a minute after the last had let it go, and begins anew', () => {
    const view = views.find(viewOf(['a']))!
    view.hold()
    view.hold()
    view.letGo()
    nowMs = 1e6
    expect(views.find(viewOf(['a']))).toBe(view)
    view.letGo()
    nowMs += 60_000
    expect(views.find(viewOf(['a']))).toBe(view)
    nowMs += 1
    const next = views.find(viewOf(['a']))!

    expect(next).not.toBe(view)
    expect([view.epoch, next.epoch]).toEqual(['e1.1', 'e1.2'])
  })

  it('[P3.12] stays while it is polled', async () => {
    await controlled.readOnce(sources(1, 1))
    const view = views.find(viewOf(['a']))!
    for (let poll = 0; poll < 5; poll += 1) {
      nowMs += 30_000
      await views.find(viewOf(['a']))?.poll()
    }

    expect(views.find(viewOf(['a']))).toBe(view)
  })

  it('[P3.12] makes room for another by dropping the one that was not used for longest', () => {
    const all = Array.from({ length: MAX_VIEWS }, (_, index) => {
      nowMs += 1
      return views.find(viewOf([`s${index}`]))!
    })
    all[0]!.hold()
    const another = views.find(viewOf(['another']))

    expect(another).not.toBeNull()
    expect(views.find(viewOf(['s0']))).toBe(all[0])
    expect(views.find(viewOf(['s2']))).toBe(all[2])
    expect(views.find(viewOf(['s1']))).not.toBe(all[1])
  })

  it('[P3.12] has no room for another while as many as there may be are held', () => {
    const all = Array.from({ length: MAX_VIEWS }, (_, index) => views.find(viewOf([`s${index}`]))!)
    for (const view of all) view.hold()

    expect(views.find(viewOf(['another']))).toBeNull()
    expect(views.find(viewOf(['s9']))).toBe(all[9])
    all[9]!.letGo()
    expect(views.find(viewOf(['another']))).not.toBeNull()
  })
})

/** Whether an object holds on to another, other than by way of a third. */
function reaches(from: unknown, wanted: object, without: object): boolean {
  const seen = new Set<unknown>([without])
  const waiting: unknown[] = [from]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === wanted) return true
    if (at === null || typeof at !== 'object' || seen.has(at)) continue
    seen.add(at)
    waiting.push(...(Object.values(at) as unknown[]))
  }
  return false
}
