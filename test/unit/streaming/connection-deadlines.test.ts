import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ConnectionDeadlines,
  type ConnectionTimes,
} from '../../../src/server/streaming/connection-deadlines.js'

const START = 1_000
const TIMES: ConnectionTimes = {
  broadcastIntervalMs: 5_000,
  pingIntervalMs: 25_000,
  staleAfterMs: 60_000,
  maxAgeMs: 1_800_000,
  authGraceMs: 20_000,
}
const NEVER_MS = 1e12

/** Deadlines of which none but those that a test names ever comes. */
function deadlines(times: Partial<ConnectionTimes>, random = 1): ConnectionDeadlines {
  const never: ConnectionTimes = {
    broadcastIntervalMs: NEVER_MS,
    pingIntervalMs: NEVER_MS,
    staleAfterMs: NEVER_MS,
    maxAgeMs: NEVER_MS,
    authGraceMs: NEVER_MS,
  }
  return new ConnectionDeadlines({ ...never, ...times }, START, random)
}

describe('ConnectionDeadlines', () => {
  it('[age] has nothing to do at the beginning', () => {
    expect(new ConnectionDeadlines(TIMES, START, 0).due(START, 0)).toBeNull()
  })

  it('[broadcast] is due one interval after the beginning, not a millisecond before', () => {
    const one = deadlines({ broadcastIntervalMs: 5_000 })

    expect(one.due(START + 4_999, 0)).toBeNull()
    expect(one.due(START + 5_000, 0)).toBe('broadcast')
  })

  it('[broadcast] is due again one interval after it was', () => {
    const one = deadlines({ broadcastIntervalMs: 5_000 })
    one.due(START + 5_003, 0)

    expect(one.due(START + 10_002, 0)).toBeNull()
    expect(one.due(START + 10_003, 0)).toBe('broadcast')
  })

  it('[broadcast] is put off by an update, which says the same', () => {
    const one = deadlines({ broadcastIntervalMs: 5_000 })
    one.updated(START + 3_000)

    expect(one.due(START + 7_999, 0)).toBeNull()
    expect(one.due(START + 8_000, 0)).toBe('broadcast')
  })

  it('[sign of life] a ping is due each interval, whatever is heard', () => {
    const one = deadlines({ pingIntervalMs: 25_000 })
    one.heard(START + 24_000)

    expect(one.due(START + 24_999, 0)).toBeNull()
    expect(one.due(START + 25_000, 0)).toBe('ping')
    expect(one.due(START + 49_999, 0)).toBeNull()
    expect(one.due(START + 50_000, 0)).toBe('ping')
  })

  it('[sign of life] 60 s of silence end it, not a millisecond before', () => {
    const one = deadlines({ staleAfterMs: 60_000 })

    expect(one.due(START + 59_999, 0)).toBeNull()
    expect(one.due(START + 60_000, 0)).toBe('silent')
  })

  it('[sign of life] silence begins anew at each sign', () => {
    const one = deadlines({ staleAfterMs: 60_000 })
    one.heard(START + 59_999)

    expect(one.due(START + 119_998, 0)).toBeNull()
    expect(one.due(START + 119_999, 0)).toBe('silent')
  })

  it('[too slow] a frame that has waited as long ends it too', () => {
    const one = deadlines({ staleAfterMs: 60_000 })

    expect(one.due(START, 59_999)).toBeNull()
    expect(one.due(START, 60_000)).toBe('stuck')
  })

  it.each([
    [0, 80_000],
    [0.5, 90_000],
    [1, 100_000],
  ])('[age] with %d by chance, of 100 s it lives %i ms', (random, lifeMs) => {
    const one = deadlines({ maxAgeMs: 100_000 }, random)
    one.due(START + lifeMs - 1, 0) // the notice

    expect(one.due(START + lifeMs - 1, 0)).toBeNull()
    expect(one.due(START + lifeMs, 0)).toBe('aged')
  })

  it('[age] is announced once, 5 s before the end', () => {
    const one = deadlines({ maxAgeMs: 100_000 })

    expect(one.due(START + 94_999, 0)).toBeNull()
    expect(one.due(START + 95_000, 0)).toBe('notice')
    expect(one.due(START + 95_000, 0)).toBeNull()
    expect(one.due(START + 99_999, 0)).toBeNull()
  })

  it('[age] is announced after nine tenths of a short life', () => {
    const one = deadlines({ maxAgeMs: 10_000 })

    expect(one.due(START + 8_999, 0)).toBeNull()
    expect(one.due(START + 9_000, 0)).toBe('notice')
  })

  it('[auth] asks for no token unless one is required', () => {
    expect(deadlines({ authGraceMs: 20_000 }).due(START + 1e9, 0)).toBeNull()
  })

  it('[auth] the grace for a token ends at its millisecond', () => {
    const one = deadlines({ authGraceMs: 20_000 })
    one.tokenRequired(START + 500)

    expect(one.due(START + 20_499, 0)).toBeNull()
    expect(one.due(START + 20_500, 0)).toBe('unauthorized')
  })

  it('[auth] a token ends the grace', () => {
    const one = deadlines({ authGraceMs: 20_000 })
    one.tokenRequired(START)
    one.tokenAccepted(Number.POSITIVE_INFINITY)

    expect(one.due(START + 1e9, 0)).toBeNull()
  })

  it('[auth] a token expires at its millisecond, and goes on being expired until asked for', () => {
    const one = deadlines({ authGraceMs: 20_000 })
    one.tokenAccepted(START + 3_000)

    expect(one.due(START + 2_999, 0)).toBeNull()
    expect(one.due(START + 3_000, 0)).toBe('token_expired')
    expect(one.due(START + 3_001, 0)).toBe('token_expired')
  })

  it('[auth] an expired token is followed by the grace, not by a second expiry', () => {
    const one = deadlines({ authGraceMs: 20_000 })
    one.tokenAccepted(START + 3_000)
    one.tokenRequired(START + 3_000)

    expect(one.due(START + 22_999, 0)).toBeNull()
    expect(one.due(START + 23_000, 0)).toBe('unauthorized')
  })

  it('[auth] a renewed token counts instead of the old one', () => {
    const one = deadlines({ authGraceMs: 20_000 })
    one.tokenAccepted(START + 3_000)
    one.tokenAccepted(START + 9_000)

    expect(one.due(START + 8_999, 0)).toBeNull()
    expect(one.due(START + 9_000, 0)).toBe('token_expired')
  })
})

describe('ConnectionDeadlines, when everything is due at once', () => {
  const all: ConnectionTimes = {
    broadcastIntervalMs: 1,
    pingIntervalMs: 1,
    staleAfterMs: 1_000,
    maxAgeMs: 1_000,
    authGraceMs: 1_000,
  }

  it('[sign of life] does first what matters most', () => {
    const end = START + 1_000
    const silent = new ConnectionDeadlines(all, START, 1)
    silent.tokenRequired(START)

    expect(silent.due(end, 1_000)).toBe('silent')
    silent.heard(end)
    expect(silent.due(end, 1_000)).toBe('stuck')
    expect(silent.due(end, 0)).toBe('aged')
  })

  it('[auth] ends for want of a token before it does anything else', () => {
    const one = new ConnectionDeadlines({ ...all, staleAfterMs: NEVER_MS }, START, 1)
    one.tokenRequired(START - 100)

    expect(one.due(START + 900, 0)).toBe('unauthorized')
  })

  it('[auth] asks for a token, then announces the end, then pings, then broadcasts', () => {
    const one = new ConnectionDeadlines({ ...all, staleAfterMs: NEVER_MS }, START, 1)
    const now = START + 900
    one.tokenAccepted(now)

    expect(one.due(now, 0)).toBe('token_expired')
    one.tokenRequired(now)
    expect([1, 2, 3, 4].map(() => one.due(now, 0))).toEqual(['notice', 'ping', 'broadcast', null])
  })

  it('[broadcast] names the instant at which the next thing is due, and nothing is due before', () => {
    const ms = fc.integer({ min: 1, max: 1_000 })
    const anyTimes = fc.record({
      broadcastIntervalMs: ms,
      pingIntervalMs: ms,
      staleAfterMs: ms,
      maxAgeMs: ms,
      authGraceMs: ms,
    })
    const happening = fc.constantFrom('heard', 'updated', 'tokenRequired', 'tokenAccepted')
    fc.assert(
      fc.property(
        anyTimes,
        fc.array(fc.tuple(happening, ms)),
        fc.nat(500),
        (times, all, stuckMs) => {
          const one = new ConnectionDeadlines(times, START, 0.5)
          let now = START
          for (const [what, afterMs] of all) {
            now += afterMs
            one[what](now)
          }
          while (one.due(now, stuckMs) !== null) {
            if (one.nextAt(now, stuckMs) <= now) break
          }
          const nextAt = one.nextAt(now, stuckMs)

          if (nextAt > now)
            expect(one.due(nextAt - 0.001, stuckMs + nextAt - now - 0.001)).toBeNull()
          expect(one.due(Math.max(now, nextAt), stuckMs + Math.max(0, nextAt - now))).not.toBeNull()
        },
      ),
    )
  })
})
