import fc from 'fast-check'
import { expect, it } from 'vitest'
import { timestampOf } from '../../../src/server/streaming/timestamp.js'

it('names each instant as it is, whichever was named before', () => {
  const nearby = fc.integer({ min: 1_769_603_000_000, max: 1_769_603_000_003 })
  fc.assert(
    fc.property(fc.array(nearby), (instants) => {
      for (const ms of instants) {
        expect(timestampOf(new Date(ms))).toBe(new Date(ms).toISOString())
      }
    }),
  )
})
