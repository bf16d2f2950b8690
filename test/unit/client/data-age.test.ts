import { describe, expect, it } from 'vitest'
import { clockSkewMs, dataAgeMs } from '../../../src/client/data-age.js'

const NOW = Date.parse('2026-01-28T12:30:45.000Z')

/** The times of an update that was made and received now, changed as told. */
const update = (change: Partial<Parameters<typeof dataAgeMs>[0]> = {}) => ({
  generatedAt: NOW,
  receivedAt: NOW,
  isStale: false,
  ...change,
})

describe('how old data is', () => {
  it('takes clocks that differ by less than 10 s for the same', () => {
    const near = update({ generatedAt: NOW - 9_999 })
    const far = update({ generatedAt: NOW - 10_000 })

    expect(clockSkewMs(near, undefined, 0)).toBe(0)
    expect(clockSkewMs(far, undefined, 0)).toBe(-10_000)
  })

  it('learns nothing of the clocks from old data', () => {
    const stale = update({ generatedAt: NOW - 600_000, isStale: true })

    expect(clockSkewMs(stale, undefined, 25_000)).toBe(25_000)
  })

  it('learns nothing of the clocks from data that is sent again while a read hangs', () => {
    const fresh = update({ generatedAt: NOW - 10_000, receivedAt: NOW - 10_000 })
    const again = { ...fresh, receivedAt: NOW }

    expect(clockSkewMs(again, fresh, 0)).toBe(0)
  })

  it('counts from when the server last vouched for the data', () => {
    const confirmed = update({ generatedAt: NOW - 60_000, receivedAt: NOW - 3_000 })
    const stale = update({ generatedAt: NOW - 60_000, receivedAt: NOW, isStale: true })

    expect(dataAgeMs(confirmed, 0, NOW)).toBe(3_000)
    expect(dataAgeMs(stale, 0, NOW)).toBe(60_000)
  })

  it('counts the age of old data by the server’s clock', () => {
    const stale = update({ generatedAt: NOW + 3_600_000 - 30_000, isStale: true })

    expect(dataAgeMs(stale, 3_600_000, NOW)).toBe(30_000)
  })

  it('is never younger than nothing', () => {
    expect(dataAgeMs(update({ receivedAt: NOW + 5_000 }), 0, NOW)).toBe(0)
  })
})
