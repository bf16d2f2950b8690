import { expect, it } from 'vitest'
import { mostEager, readEagerness, wishedAt } from '../../../src/client/eagerness.js'

it('nothing is wished for unless somebody says so', () => {
  const nobody = mostEager([])

  expect(nobody).toEqual({ minRetryMs: 0, maxRetries: Infinity })
  expect(readEagerness({})).toEqual(nobody)
})

it('an interval is waited for from attempt to attempt, a minute at most', () => {
  const wished = [5_000, 90_000].map((minRetryMs) =>
    wishedAt(readEagerness({ minRetryMs }), 3, 1_000),
  )

  expect(wished).toEqual([6_000, 61_000])
})

it('the first attempt waits for nothing', () => {
  const at = wishedAt(readEagerness({ minRetryMs: 5_000, maxRetries: 1 }), 0, -Infinity)

  expect(at).toBe(-Infinity)
})

it('after as many failures as were allowed there is one attempt in 5 minutes', () => {
  const eagerness = readEagerness({ minRetryMs: 5_000, maxRetries: 3 })

  expect([2, 3, 4].map((failures) => wishedAt(eagerness, failures, 0))).toEqual([
    5_000, 300_000, 300_000,
  ])
})

it('those who share a connection are as eager as the most eager of them', () => {
  const shared = mostEager([
    readEagerness({ minRetryMs: 5_000 }),
    readEagerness({ minRetryMs: 2_000, maxRetries: 3 }),
    readEagerness({ minRetryMs: 9_000, maxRetries: 5 }),
  ])

  expect(shared).toEqual({ minRetryMs: 2_000, maxRetries: Infinity })
})

it.each([
  [{ minRetryMs: -1 }, 'minRetryMs'],
  [{ minRetryMs: NaN }, 'minRetryMs'],
  [{ maxRetries: 0 }, 'maxRetries'],
  [{ maxRetries: NaN }, 'maxRetries'],
])('%j is refused', (options, name) => {
  expect(() => readEagerness(options)).toThrow(RangeError)
  expect(() => readEagerness(options)).toThrow(name)
})
