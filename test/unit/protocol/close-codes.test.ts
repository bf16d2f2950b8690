import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  afterClose,
  CloseCode,
  restartReason,
  retryFromReason,
} from '../../../src/protocol/index.js'

describe('afterClose', () => {
  it.each([
    [CloseCode.Normal, 'stay-closed'],
    [CloseCode.PolicyViolation, 'stay-closed'],
    [CloseCode.GoingAway, 'back-off'],
    [CloseCode.InternalError, 'back-off'],
    [CloseCode.Unauthorized, 'get-token'],
    [CloseCode.AtCapacity, 'back-off'],
    [CloseCode.TooSlow, 'back-off'],
    [CloseCode.MaxAge, 'reconnect'],
    [CloseCode.NoSignOfLife, 'reconnect'],
  ] as const)('[P5.6] %i means %s', (code, expected) => {
    expect(afterClose(code)).toBe(expected)
  })

  it.each([0, 999, 1002, 1003, 1005, 1006, 1007, 1009, 1012, 1013, 1015, 3000, 4300, 4999, -1])(
    '[P5.6] %i is none of ours and means back-off',
    (code) => {
      expect(afterClose(code)).toBe('back-off')
    },
  )

  it.each([
    [3999, 'back-off'],
    [4000, 'get-token'],
    [4099, 'get-token'],
    [4100, 'back-off'],
    [4199, 'back-off'],
    [4200, 'reconnect'],
    [4299, 'reconnect'],
    [4300, 'back-off'],
  ])('[close codes] the class decides for codes that are not there yet: %i is %s', (code, what) => {
    expect(afterClose(code)).toBe(what)
  })
})

describe('restartReason', () => {
  it('[close codes] names the wait in whole milliseconds', () => {
    expect(restartReason(1234.4)).toBe('restart;retry=1234')
    expect(restartReason(1234.5)).toBe('restart;retry=1235')
  })

  it('[close codes] fits into a close frame, which holds 123 bytes', () => {
    expect(restartReason(999_999_999).length).toBeLessThanOrEqual(123)
  })

  it('[close codes] is read back as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999 }), (retryAfterMs) => {
        expect(retryFromReason(restartReason(retryAfterMs))).toBe(retryAfterMs)
      }),
    )
  })
})

describe('retryFromReason', () => {
  it.each([
    ['retry=5', 5],
    ['restart;retry=0', 0],
    ['restart;retry=7;more=1', 7],
    ['retry=8;restart', 8],
    ['retry=999999999', 999_999_999],
  ])('[close codes] finds the wait in %j', (reason, expected) => {
    expect(retryFromReason(reason)).toBe(expected)
  })

  it.each([
    '',
    'restart',
    'retry=',
    'retry=-5',
    'retry=1.5',
    'retry=5ms',
    'retry=1e3',
    'noretry=5',
    'restart; retry=5',
    'retry=1000000000',
    'RETRY=5',
  ])('[close codes] finds none in %j', (reason) => {
    expect(retryFromReason(reason)).toBeNull()
  })

  it('[close codes] never throws, and never names a wait that is not one', () => {
    fc.assert(
      fc.property(fc.string(), (reason) => {
        const waitMs = retryFromReason(reason)

        expect(waitMs === null || (Number.isInteger(waitMs) && waitMs >= 0)).toBe(true)
      }),
    )
  })
})
