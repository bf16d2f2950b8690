import { expect, it } from 'vitest'
import { median, percentile } from '../../../bench/statistics.js'

it('takes the middle sample as the median, or the mean of the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([9, 1, 5, 6])).toBe(5.5)
  expect(median([7])).toBe(7)
  expect(median([])).toBeNaN()
})

it('takes a value as p99 that 99 of 100 samples do not exceed', () => {
  const samples = Array.from({ length: 200 }, (_, index) => 200 - index)

  expect(percentile(samples, 0.99)).toBe(198)
  expect(percentile(samples, 0.5)).toBe(100)
  expect(percentile(samples, 1)).toBe(200)
  expect(percentile([3], 0.5)).toBe(3)
  expect(percentile([], 0.5)).toBeNaN()
})
