import { expect, it } from 'vitest'
import { wishMs } from '../../../src/client/eagerness.js'

it('nothing is wished for where nobody says so', () => {
  const indifferent = { minRetryMs: 0, maxRetries: Infinity }

  expect([wishMs([], 7), wishMs([indifferent], 7)]).toEqual([0, 0])
})

it('an interval is waited for after each failure, a minute at most', () => {
  const wishes = [5_000, 90_000].map((minRetryMs) =>
    wishMs([{ minRetryMs, maxRetries: Infinity }], 3),
  )

  expect(wishes).toEqual([5_000, 60_000])
})

it('after as many failures as were allowed there is one attempt in 5 minutes', () => {
  const eagerness = { minRetryMs: 5_000, maxRetries: 3 }

  expect([2, 3, 4].map((failures) => wishMs([eagerness], failures))).toEqual([
    5_000, 300_000, 300_000,
  ])
})

it('those who share a connection are as eager as the most eager of them', () => {
  const shared = [
    { minRetryMs: 5_000, maxRetries: Infinity },
    { minRetryMs: 2_000, maxRetries: 3 },
    { minRetryMs: 9_000, maxRetries: 5 },
  ]

  expect([2, 3, 5].map((failures) => wishMs(shared, failures))).toEqual([2_000, 5_000, 5_000])
})

it('what is no number is no wish', () => {
  expect(wishMs([{ minRetryMs: NaN, maxRetries: NaN }], 3)).toBe(0)
})
