import { describe, expect, it } from 'vitest'
import {
  type AttemptHistory,
  decideNext,
  failuresAfter,
  GOOD_LIFE_MS,
  TOKEN_NEEDED,
} from '../../../src/cli/watch/socket-ending.js'

const FIRST_FAILURE: AttemptHistory = { failures: 1, livedMs: 0, random: 0 }
const AFTER_A_GOOD_LIFE: AttemptHistory = { failures: 1, livedMs: GOOD_LIFE_MS, random: 0 }

function closed(code: number, reason = '') {
  return { kind: 'closed', code, reason } as const
}

describe('decideNext', () => {
  it('stops for good after 1008 and gives the reason', () => {
    const next = decideNext(closed(1008, 'too many messages'), FIRST_FAILURE)

    expect(next).toEqual({
      kind: 'stop',
      message: 'the server ended this: too many or bad messages (1008, too many messages)',
    })
  })

  it.each([4001, 4050])('asks for a token after %i', (code) => {
    const next = decideNext(closed(code), FIRST_FAILURE)

    expect(next).toEqual({ kind: 'stop', message: TOKEN_NEEDED })
  })

  it('asks for a token when the upgrade is answered 401', () => {
    const ending = { kind: 'refused', status: 401, message: 'no' } as const

    const next = decideNext(ending, FIRST_FAILURE)

    expect(next).toEqual({ kind: 'stop', message: TOKEN_NEEDED })
  })

  it('asks for a token when the server asks and there is none', () => {
    const next = decideNext({ kind: 'token-asked' }, FIRST_FAILURE)

    expect(next).toEqual({ kind: 'stop', message: TOKEN_NEEDED })
  })

  it.each([4200, 4201])('reconnects at once after %i', (code) => {
    const next = decideNext(closed(code), AFTER_A_GOOD_LIFE)

    expect(next).toMatchObject({ kind: 'retry', afterMs: 0 })
  })

  it('backs off from a server that closes every new socket with 4200', () => {
    const next = decideNext(closed(4200), { failures: 4, livedMs: 10, random: 0.999 })

    expect(next.kind === 'retry' && next.afterMs).toBeGreaterThan(5_000)
  })

  it('comes back when a restarting server said', () => {
    const next = decideNext(closed(1001, 'restart;retry=1234'), FIRST_FAILURE)

    expect(next).toEqual({ kind: 'retry', afterMs: 1234, reason: 'the server restarts (1001)' })
  })

  it('does not wait longer than a minute for a restart, whatever it said', () => {
    const next = decideNext(closed(1001, 'restart;retry=999999999'), FIRST_FAILURE)

    expect(next).toMatchObject({ afterMs: 60_000 })
  })

  it('backs off after 1001 without a time', () => {
    const next = decideNext(closed(1001), FIRST_FAILURE)

    expect(next).toMatchObject({ kind: 'retry', afterMs: 500 })
  })

  it.each([1002, 1006, 1011, 4100, 4101, 4321])('backs off after %i', (code) => {
    const next = decideNext(closed(code), { failures: 3, livedMs: 0, random: 0.5 })

    expect(next).toMatchObject({ kind: 'retry', afterMs: 2_250 })
  })

  it('waits as long as a full server asked in its last words, and repeats them', () => {
    const lastWords = { message: 'Max connections exceeded', retryAfterMs: 7_000 }

    const next = decideNext(closed(4100, 'full'), { ...FIRST_FAILURE, lastWords })

    expect(next).toEqual({
      kind: 'retry',
      afterMs: 7_000,
      reason: 'Max connections exceeded (4100, full)',
    })
  })

  it('waits as long as a refusal asks, when back-off would be shorter', () => {
    const ending = { kind: 'refused', status: 503, message: 'full', retryAfterMs: 5_000 } as const

    const next = decideNext(ending, FIRST_FAILURE)

    expect(next).toEqual({ kind: 'retry', afterMs: 5_000, reason: 'full' })
  })

  it('never comes back sooner than back-off allows because a refusal says 0', () => {
    const ending = { kind: 'refused', status: 429, message: 'no', retryAfterMs: 0 } as const

    const next = decideNext(ending, FIRST_FAILURE)

    expect(next).toMatchObject({ afterMs: 500 })
  })

  it('says for how long nothing arrived', () => {
    const next = decideNext({ kind: 'silent', silenceMs: 15_000 }, FIRST_FAILURE)

    expect(next).toMatchObject({ kind: 'retry', reason: 'nothing arrived for 15 s' })
  })
})

describe('failuresAfter', () => {
  it('starts again after a good life, exactly at its length', () => {
    expect(failuresAfter(7, GOOD_LIFE_MS)).toBe(1)
    expect(failuresAfter(7, GOOD_LIFE_MS - 1)).toBe(8)
  })
})
