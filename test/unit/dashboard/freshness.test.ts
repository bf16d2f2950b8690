import { describe, expect, it } from 'vitest'
import { isOutOfDate } from '../../../src/dashboard/connection/freshness.js'
import { connection, update } from './board-samples.js'

describe('how fresh the data is', () => {
  it('warns after 20 s without a live connection, exactly 20 s being in time', () => {
    const lost = connection({ status: 'reconnecting' })

    expect(isOutOfDate(update(), 20_000, lost)).toBe(false)
    expect(isOutOfDate(update(), 20_001, lost)).toBe(true)
  })

  it('is patient with a quiet live connection', () => {
    expect(isOutOfDate(update(), 60_000, connection())).toBe(false)
    expect(isOutOfDate(update(), 90_001, connection())).toBe(true)
  })

  it('believes a server that says so', () => {
    expect(isOutOfDate(update({ isStale: true }), 0, connection())).toBe(true)
  })
})
