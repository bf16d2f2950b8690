import { beforeEach, describe, expect, it } from 'vitest'
import { viewOf } from '../../../src/protocol/index.js'
import { Audiences } from '../../../src/server/streaming/audiences.js'
import { FeedViews } from '../../../src/server/feeds/feed-views.js'
import type { Frame } from '../../../src/server/streaming/frame.js'
import { ControlledFeed } from '../feeds/controlled-feed.js'

let controlled: ControlledFeed
let audiences: Audiences
let nowMs: number

beforeEach(() => {
  nowMs = 0
  controlled = new ControlledFeed()
  const clock = () => nowMs
  audiences = new Audiences(new FeedViews(controlled.feed, clock), {
    clock,
    onTold: () => undefined,
  })
  controlled.feed.onSnapshot((snapshot) => audiences.publish(snapshot))
})

const sources = (a: number, b: number) => ({ sources: { a: { n: a }, b: { n: b } } })

/** One who listens to a view, and keeps every frame. */
function listen(keys?: readonly string[]) {
  const audience = audiences.join(keys === undefined ? {} : viewOf(keys))!
  const frames: Frame[] = []
  const listener = {
    start: () => undefined,
    push: (frame: Frame) => frames.push(frame),
    closeForRestart: () => undefined,
    terminate: () => undefined,
    framesSent: 0,
    bytesSent: 0,
  }
  audience.add(listener)
  const leave = () => {
    audience.remove(listener)
    audiences.leave(audience)
  }
  return { frames, audience, leave }
}

describe('Audiences', () => {
  it('[P3.12] send one frame to all who see the same', async () => {
    const [one, other] = [listen(['a', 'b']), listen(['b', 'a'])]
    await controlled.readOnce(sources(1, 1))

    expect(one.frames).toHaveLength(1)
    expect(other.frames[0]).toBe(one.frames[0])
  })

  it('[P3.12] tell those for whom something is new, and nobody else', async () => {
    const [a, b, all] = [listen(['a']), listen(['b']), listen()]
    await controlled.readOnce(sources(1, 1))
    await controlled.readOnce(sources(1, 2))
    await controlled.readOnce(sources(1, 3))
    await controlled.readOnce(sources(2, 3))

    expect(a.frames.map(({ seq }) => seq)).toEqual([1, 2])
    expect(b.frames.map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(all.frames.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  })

  it('[P3.9] [P3.12] have a patch for each step of a view', async () => {
    const b = listen(['b'])
    const data = (n: number) => ({ ...sources(1, n), fill: 'unchanged '.repeat(30) })
    await controlled.readOnce(data(1))
    await controlled.readOnce({ ...data(1), other: 1 })
    await controlled.readOnce({ ...data(2), other: 2 })

    const [, , third] = b.frames
    expect(JSON.parse(String(third?.messageFrom(2).payload))).toMatchObject({
      type: 'pipeline_status_patch',
      seq: 3,
      patch: { sources: { b: { n: 2 } }, other: 2 },
    })
    expect(JSON.parse(String(third?.messageFrom(1).payload))).toMatchObject({
      type: 'pipeline_status_update',
      epoch: 'e1.1',
      seq: 3,
    })
  })

  it('[P3.12] let a view go with the last who listens to it', async () => {
    const [one, other] = [listen(['a']), listen(['a'])]
    one.leave()
    nowMs = 1e6
    expect(listen(['a']).audience).toBe(other.audience)
    other.leave()
    audiences.leave(other.audience)
    nowMs = 2e6
    const next = listen(['a'])
    await controlled.readOnce(sources(1, 1))

    expect(next.audience.feed.epoch).toBe('e1.2')
    expect(next.frames).toHaveLength(1)
    expect(other.frames).toEqual([])
  })

  it('[P3.12] have no place for one more view than there may be', () => {
    const full = new Audiences(
      { whole: controlled.feed, find: () => null },
      { clock: () => 0, onTold: () => undefined },
    )

    expect(full.join(viewOf(['a']))).toBeNull()
    expect(full.join({})).toBe(full.whole)
  })
})
