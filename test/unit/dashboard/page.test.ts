import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noDataWords } from '../../../src/dashboard/connection/no-data-words.js'
import { startClock } from '../../../src/dashboard/page/clock.js'
import { readRoute, sourceHref } from '../../../src/dashboard/page/route.js'
import { nextTheme, readTheme } from '../../../src/dashboard/page/theme.js'
import { NOW } from './board-samples.js'

describe('the address', () => {
  it('leads back to every key that it was made of', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (key) => {
        expect(readRoute(sourceHref(key))).toEqual({ view: 'source', key })
      }),
    )
  })

  it('shows the board when it names nothing', () => {
    expect(readRoute('')).toEqual({ view: 'board' })
    expect(readRoute('#/sources/')).toEqual({ view: 'board' })
    expect(readRoute('#/elsewhere')).toEqual({ view: 'board' })
  })

  it('takes what is no encoding as it stands', () => {
    expect(readRoute('#/sources/100%')).toEqual({ view: 'source', key: '100%' })
  })
})

describe('the theme', () => {
  it('turns through all three', () => {
    expect(nextTheme(nextTheme(nextTheme('auto')))).toBe('auto')
    expect(readTheme('dark')).toBe('dark')
    expect(readTheme('purple')).toBe('auto')
    expect(readTheme(null)).toBe('auto')
  })
})

describe('the clock of the page', () => {
  function clockAt(start: number) {
    let now = start
    let tick = () => {}
    const clock = startClock({
      now: () => now,
      repeat: (action) => {
        tick = action
      },
    })
    const pass = (ms: number) => {
      now += ms
      tick()
    }
    return { clock, pass }
  }

  it('stands still on the board while the data is out of date, and then jumps to the present', () => {
    const { clock, pass } = clockAt(NOW)

    clock.stopAt(clock.now())
    pass(30_000)
    const stopped = clock.boardNow()
    clock.stopAt(null)

    expect(stopped).toBe(NOW)
    expect(clock.now()).toBe(NOW + 30_000)
    expect(clock.boardNow()).toBe(NOW + 30_000)
  })

  it('stays where it first stood when it is stopped again', () => {
    const { clock, pass } = clockAt(NOW)

    clock.stopAt(clock.now())
    pass(1_000)
    clock.stopAt(clock.now())

    expect(clock.boardNow()).toBe(NOW)
  })

  it('is looked at in the same moment in which it stops or goes on, and only then', () => {
    const { clock } = clockAt(NOW)
    let looks = 0
    clock.onTick(() => (looks += 1))

    for (const at of [NOW, NOW, null, null]) clock.stopAt(at)

    expect(looks).toBe(2)
  })

  it('goes as the server’s clock does', () => {
    const { clock } = clockAt(NOW)

    clock.setSkewMs(-60_000)

    expect(clock.boardNow()).toBe(NOW - 60_000)
  })

  it('calls nobody who has left', () => {
    const { clock, pass } = clockAt(NOW)
    const calls: string[] = []
    const leave = clock.onTick(() => calls.push('left'))
    clock.onTick(() => calls.push('stays'))

    leave()
    pass(1_000)

    expect(calls).toEqual(['stays'])
  })
})

describe('what stands in place of the board', () => {
  it('waits 8 s for a server that says nothing, and not a millisecond longer', () => {
    const silent = { status: 'connecting', reason: null } as const

    expect(noDataWords(silent, 7_999).isWaiting).toBe(true)
    expect(noDataWords(silent, 8_000)).toMatchObject({ title: 'No data yet', isWaiting: false })
  })

  it('tells a reason that has lasted for 2 s', () => {
    const offline = { status: 'reconnecting', reason: 'offline' } as const

    expect(noDataWords(offline, 1_999).isWaiting).toBe(true)
    expect(noDataWords(offline, 2_000).explanation).toContain('offline')
  })

  it('does not wait for a connection that has ended', () => {
    expect(noDataWords({ status: 'closed', reason: 'policy' }, 0).isWaiting).toBe(false)
  })
})
