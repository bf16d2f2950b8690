import { describe, expect, it } from 'vitest'
import { count, frame, live, polled, state, streaming } from './driven-machines.js'
import { pong } from './server-frames.js'

describe('a page that nobody looks at', () => {
  it('[P9.9] silences its socket after a while, and has data at once when somebody looks', () => {
    const driver = live()
    driver.tell('hidden')
    for (let second = 0; second < 15; second += 1) {
      driver.pass(1_000)
      if (driver.machine.phase === 'live') driver.tell(...frame(pong))
    }
    expect(driver.machine.phase).toBe('paused')
    driver.pass(3_600_000)
    driver.tell('visible')

    expect(driver.effects.filter((each) => each === 'pause' || each === 'resume')).toEqual([
      'pause',
      'resume',
    ])
    expect(driver.machine.phase).toBe('live')
    driver.pass(3_000)
    expect(driver.machine.reason).toBe('silent') // the server did not answer
  })

  it('[P9.9] polls when it is asked how it is, and lets its socket be silent', () => {
    const driver = live()
    driver.tell('hidden')
    for (let second = 0; second < 15; second += 1) {
      driver.pass(1_000)
      if (driver.machine.phase === 'live') driver.tell(...frame(pong))
    }

    expect(driver.machine.phase).toBe('paused')
    expect(driver.tell('refresh')).toEqual(['poll'])
    expect(driver.tell(...polled)).toEqual(['read'])
    expect(driver.tell('refresh')).toEqual(['poll'])
    expect(driver.tell('polled', { code: 'no_data' })).toEqual([])
    expect(state(driver)).toMatchObject({ status: 'connected', transport: 'websocket' })
  })

  it('[P9.9] gives up a stream, and polls once a minute', () => {
    const driver = streaming()
    driver.tell('hidden')
    driver.pass(15_000)
    const before = count(driver, 'poll')
    for (let second = 0; second < 600; second += 1) {
      driver.pass(1_000)
      if (driver.isPollUnderWay) driver.tell(...polled)
    }

    expect(driver.transport).toBeNull()
    expect(count(driver, 'poll') - before).toBeGreaterThanOrEqual(9)
    expect(count(driver, 'poll') - before).toBeLessThanOrEqual(10)
    driver.tell('visible')
    expect(driver.transport).not.toBeNull()
  })

  it('[P9.9] takes no notice of a short look elsewhere', () => {
    const driver = live()
    for (let time = 0; time < 10; time += 1) {
      driver.tell('hidden')
      driver.pass(5_000)
      driver.tell('visible')
      driver.tell(...frame(pong))
    }

    expect(count(driver, 'pause')).toBe(0)
  })
})
