import { describe, expect, it } from 'vitest'
import type { Subscription, Update } from '../../../src/client/index.js'
import type { WatchOptions } from '../../../src/embed/element-options.js'
import { isRenewal, renewedWatch } from '../../../src/embed/renewed-watch.js'
import type { Watch } from '../../../src/embed/shared-watch.js'

const OPTIONS: WatchOptions = {
  url: 'https://status.example/',
  feed: 'pipeline-status',
  sources: ['a'],
  token: 'one',
}

type Status = Subscription['state']['status']

/** A watch whose connection is played by the test; it has none before it is told so. */
function playedWatch() {
  let known: ReturnType<Watch['look']>
  let isStopped = false
  const watch: Watch = {
    look: () => known,
    stop: () => {
      isStopped = true
      known = undefined
    },
  }
  const become = (status: Status, epoch?: string) => {
    const update = epoch === undefined ? undefined : ({ epoch } as Update)
    known = { update, state: { status } as Subscription['state'] }
  }
  return { watch, become, isStopped: () => isStopped }
}

const shown = (watch: Watch) => {
  const known = watch.look()
  return known && [known.state.status, known.update?.epoch]
}

describe('another token', () => {
  it('for the same server, feed and sources is a renewal', () => {
    expect(isRenewal(OPTIONS, { ...OPTIONS, token: 'two' })).toBe(true)
    expect(isRenewal({ ...OPTIONS, token: null }, OPTIONS)).toBe(true)
  })

  it.each([{ url: 'https://other.example/' }, { feed: 'other' }, { sources: ['b'] }])(
    'is none together with %j',
    (change) => {
      expect(isRenewal(OPTIONS, { ...OPTIONS, token: 'two', ...change })).toBe(false)
    },
  )

  it('is none when it is taken away', () => {
    expect(isRenewal(OPTIONS, { ...OPTIONS, token: null })).toBe(false)
  })
})

describe('a watch with a renewed token', () => {
  it('shows the former data until it has brought some, and says how its own connection is', () => {
    const [former, next] = [playedWatch(), playedWatch()]
    former.become('connected', 'old')

    const renewed = renewedWatch(former.watch, next.watch)
    former.watch.stop()
    const story = [shown(renewed)]
    next.become('connecting')
    story.push(shown(renewed))
    next.become('unauthorized')
    story.push(shown(renewed))
    next.become('connected', 'new')
    story.push(shown(renewed))

    expect(story).toEqual([
      ['connected', 'old'],
      ['connecting', 'old'],
      ['unauthorized', 'old'],
      ['connected', 'new'],
    ])
  })

  it('keeps the data through any number of renewals', () => {
    const [first, second, third] = [playedWatch(), playedWatch(), playedWatch()]
    first.become('connected', 'old')

    const renewed = renewedWatch(first.watch, second.watch)
    const again = renewedWatch(renewed, third.watch)
    third.become('reconnecting')

    expect(shown(again)).toEqual(['reconnecting', 'old'])
  })

  it('has nothing to show where the former had nothing', () => {
    const [former, next] = [playedWatch(), playedWatch()]

    const renewed = renewedWatch(former.watch, next.watch)
    const before = shown(renewed)
    next.become('connecting')

    expect([before, shown(renewed)]).toEqual([undefined, ['connecting', undefined]])
  })

  it('ends its own connection when it is stopped', () => {
    const [former, next] = [playedWatch(), playedWatch()]

    renewedWatch(former.watch, next.watch).stop()

    expect([former.isStopped(), next.isStopped()]).toEqual([false, true])
  })
})
