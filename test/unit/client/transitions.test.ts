import { describe, expect, it } from 'vitest'
import { BLOCKED } from '../../../src/client/connection-state.js'
import { count, frame, live, lost, opening, polled, state, streaming } from './driven-machines.js'
import {
  authOk,
  authRequired,
  closing,
  errorFrame,
  fullUpdate,
  greeting,
  pong,
} from './server-frames.js'

describe('a connection', () => {
  it('[P9.1] begins with a socket, and is connected with the first data', () => {
    const driver = opening()
    const first = state(driver)
    driver.tell(...frame(greeting()))
    const greeted = state(driver)
    driver.tell(...frame(fullUpdate({})))

    expect(first).toMatchObject({ status: 'connecting', transport: null, attempt: 0 })
    expect(greeted.status).toBe('connecting')
    expect(state(driver)).toEqual({
      status: 'connected',
      transport: 'websocket',
      attempt: 0,
      retryAt: null,
      reason: null,
      capacity: null,
    })
  })

  it('[P9.5] polls within two seconds of an attempt that hangs, and gives it up after eight', () => {
    const driver = opening()

    driver.pass(2_000)
    expect(driver.effects).toEqual(['drop', 'websocket', 'poll'])
    driver.tell(...polled)
    expect(state(driver)).toMatchObject({ status: 'polling', transport: 'polling' })
    driver.pass(5_999)
    expect(driver.machine.phase).toBe('opening')
    driver.pass(1)

    expect(driver.machine.phase).toBe('waiting')
  })

  it('[P9.5] polls every five seconds while it looks for something better', () => {
    const driver = opening()
    driver.tell(...lost())
    for (let second = 0; second < 60; second += 1) {
      driver.pass(1_000)
      if (driver.isPollUnderWay) driver.tell(...polled)
      if (driver.transport !== null) driver.tell(...lost())
    }

    expect(count(driver, 'poll')).toBeGreaterThanOrEqual(11)
    expect(count(driver, 'poll')).toBeLessThanOrEqual(14)
    expect(driver.attemptsAt.length).toBeGreaterThan(3)
    expect(state(driver).status).toBe('polling')
  })

  it('[P9.5] takes a stream after two sockets that were never heard, and then turn about', () => {
    const driver = opening()
    const tried = [driver.transport]
    while (tried.length < 6) {
      driver.tell(...lost())
      while (driver.transport === null) driver.pass(100)
      tried.push(driver.transport)
    }

    expect(tried).toEqual(['websocket', 'websocket', 'sse', 'websocket', 'sse', 'websocket'])
  })

  it('[P9.5] takes a stream at the next attempt where sockets are blocked', () => {
    const driver = opening()
    driver.tell('lost', BLOCKED)
    driver.pass(2_000)

    expect(driver.transport).toBe('sse')
  })

  it('[P9.5] goes back to a socket when a stream ends', () => {
    const driver = streaming()
    driver.pass(12_000)
    driver.tell(...frame(closing('max_age')))

    expect(driver.transport).toBe('websocket')
  })

  it('[P9.2] comes back at once after the maximum age, if it has lived', () => {
    const old = live(15_000)
    const young = live(2_000)

    old.tell(...frame(closing('max_age')))
    young.tell(...lost(4200))

    expect(old.transport).toBe('websocket')
    expect(young.machine.phase).toBe('waiting')
  })

  it('[P9.2] comes back at the very time that a restarting server has named', () => {
    const driver = live(15_000)
    driver.tell(...frame(closing('restart', 3_210)))
    driver.tell(...lost(1001))

    expect(state(driver)).toMatchObject({ status: 'reconnecting', reason: 'draining' })
    expect(driver.machine.dueAt - driver.now).toBe(3_210)
  })

  it('[P9.2] stays away for as long as a full server asks, and says that it is full', () => {
    const driver = opening()
    driver.random = 0
    driver.tell(...frame(errorFrame('at_capacity', 5_000)))
    const effects = driver.tell(...lost(4100))
    driver.tell('diagnosed', {
      active: 50,
      max: 50,
      accepting: false,
      code: 'at_capacity',
      retry_after_ms: 5_000,
    })

    expect(effects).toContain('diagnose')
    expect(driver.machine.dueAt - driver.now).toBe(5_000)
    expect(state(driver)).toMatchObject({
      reason: 'at_capacity',
      capacity: { active: 50, max: 50 },
    })
    driver.pass(5_000)
    expect(driver.transport).toBe('websocket') // it was refused, not blocked
  })

  it('[P9.2] believes a server that says why nobody is let in', () => {
    const full = { active: 3, max: 50, accepting: false, retry_after_ms: 2_000 }
    const reasonAfter = (code?: string) => {
      const driver = opening()
      driver.tell(...lost(1006))
      driver.tell('diagnosed', { ...full, code })
      return state(driver).reason
    }

    expect(reasonAfter('draining')).toBe('draining')
    expect(reasonAfter('address_limit')).toBe('address_limit')
    expect(reasonAfter('too_many_views')).toBe('too_many_views')
    expect(reasonAfter('of_a_newer_server')).toBe('unreachable') // which no application can be told
  })

  it('[P1.13] says of a view that is one too many, or none, what the server says of it', () => {
    const full = opening()
    full.tell(...frame(errorFrame('too_many_views', 5_000)))
    full.tell(...lost(4100))
    const bad = opening()
    bad.tell(...lost())
    const before = state(bad).reason
    bad.tell('polled', { code: 'bad_view', retry_after_ms: 0 })
    bad.pass(1_000)
    bad.tell(...lost())

    expect(state(full)).toMatchObject({ status: 'reconnecting', reason: 'too_many_views' })
    expect(before).toBe('unreachable')
    expect(state(bad)).toMatchObject({ status: 'reconnecting', reason: 'bad_view' })
  })

  it('[P9.2] does not come back after a close for bad behaviour, whoever asks', () => {
    const driver = live()
    driver.tell(...lost(1008))
    driver.tell('retry')
    driver.pass(600_000)

    expect(state(driver)).toMatchObject({ status: 'closed', reason: 'policy' })
    expect(driver.attemptsAt).toHaveLength(1)
  })
})

describe('silence', () => {
  it('[P9.7] is broken by a question first, and then is the end', () => {
    const driver = live()

    driver.pass(9_999)
    expect(count(driver, 'ping')).toBe(0)
    driver.pass(1)
    expect(count(driver, 'ping')).toBe(1)
    driver.pass(3_000)

    expect(state(driver)).toMatchObject({ status: 'reconnecting' })
    expect(driver.machine.reason).toBe('silent')
  })

  it('[P9.7] is no silence when the server has only little to say', () => {
    const driver = live(0, 3_600_000)
    for (let minute = 0; minute < 10; minute += 1) {
      for (let second = 0; second < 60; second += 1) {
        driver.pass(1_000)
        if (driver.machine.isProbing) driver.tell(...frame(pong))
      }
    }

    expect(state(driver).status).toBe('connected')
    expect(driver.attemptsAt).toHaveLength(1)
  })

  it('[P9.7] on a stream lasts until its heartbeat is overdue', () => {
    const driver = streaming()
    const attempts = driver.attemptsAt.length

    driver.pass(17_999)
    expect(driver.machine.phase).toBe('live')
    driver.pass(1)

    expect(driver.machine.phase === 'live' && driver.attemptsAt.length === attempts).toBe(false)
  })

  it('[P9.7] is looked into at once after a sleep, and names the network when it is gone', () => {
    const driver = live(15_000)
    driver.isOnline = false
    driver.tell('retry')
    driver.pass(3_000)

    expect(count(driver, 'ping')).toBe(1)
    expect(state(driver)).toMatchObject({ status: 'reconnecting', reason: 'offline' })
  })

  it('[P9.2] of a stream that has only just begun is no cause to exchange it, whoever asks', () => {
    const driver = streaming()
    const attempts = driver.attemptsAt.length

    for (let second = 0; second < 9; second += 1) {
      driver.tell('retry')
      driver.pass(1_000)
    }
    const whileYoung = driver.attemptsAt.length
    driver.pass(1_000)
    driver.tell('retry')

    expect(whileYoung).toBe(attempts)
    expect(driver.attemptsAt).toHaveLength(attempts + 1)
  })
})

describe('a token', () => {
  it('[P9.6] is fetched when the server asks, and shown in a message', () => {
    const driver = opening()

    expect(driver.tell(...frame(authRequired))).toEqual(['token'])
    expect(driver.tell('token')).toEqual(['auth'])
  })

  it('[P9.6] that is refused is exchanged once, and then nothing is tried any more', () => {
    const driver = opening()
    const first = driver.tell(...frame(errorFrame('unauthorized')))
    driver.tell('token')
    const second = driver.tell(...frame(errorFrame('unauthorized')))
    driver.pass(600_000)

    expect(first).toEqual(['drop', 'renew'])
    expect(second).toEqual(['drop'])
    expect(state(driver)).toMatchObject({ status: 'unauthorized', retryAt: null })
    expect(driver.attemptsAt).toHaveLength(2)
  })

  it('[P9.6] that is given by hand is tried after all', () => {
    const driver = opening()
    driver.tell(...lost(4001))
    driver.tell('tokenless', 'ever')
    expect(state(driver).status).toBe('unauthorized')

    driver.tell('token')

    expect(driver.transport).toBe('websocket')
  })

  it('[P9.6] that cannot be fetched just now is asked for again later', () => {
    const driver = opening()
    driver.tell(...frame(authRequired))
    driver.tell('tokenless', 'now')
    driver.pass(2_000)

    expect(driver.transport).toBe('websocket')
  })

  it('[P9.6] that was renewed on a live connection may be renewed again after the next refusal', () => {
    const driver = live(1_000)
    driver.tell(...frame(authRequired))
    driver.tell('token')
    driver.tell(...frame(authOk))
    driver.tell(...lost())
    driver.pass(10)

    const refused = driver.tell('polled', { code: 'unauthorized' })

    expect(refused).toContain('renew')
    expect(state(driver).status).not.toBe('unauthorized')
  })

  it('[P9.6] that cannot be fetched for a live connection is asked for again when that has ended', () => {
    const driver = live(1_000)
    driver.tell(...frame(authRequired))
    driver.tell('tokenless', 'now')

    expect(driver.tell(...lost(4001))).toContain('renew')
    expect(driver.tell('tokenless', 'now')).not.toContain('renew')
    driver.pass(20_000)
    expect(state(driver).status).not.toBe('unauthorized')
  })

  it('[P9.6] that nobody has leaves a live connection to its end', () => {
    const driver = live(1_000)
    driver.tell(...frame(authRequired))
    driver.tell('tokenless', 'ever')

    expect(state(driver).status).toBe('connected')
    driver.tell(...lost(4001))
    driver.tell('tokenless', 'ever')
    expect(state(driver).status).toBe('unauthorized')
  })
})
