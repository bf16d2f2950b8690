import { describe, expect, it } from 'vitest'
import { keepCleaning } from '../../../src/server/status/cleaner.js'

/**
 * Cleans kinds that each have so many batches; one whose number is NaN fails.
 *
 * @param naps - so many waits, and the signal fires.
 * @returns what was asked for, and how long was waited, in turn; and what was logged.
 */
async function clean(batches: Readonly<Record<string, number>>, naps: number) {
  const ending = new AbortController()
  const left = { ...batches }
  const did: (string | number)[] = []
  const warned: unknown[] = []
  const removals = Object.keys(batches).map((of) => ({
    of,
    removeBatch: () => {
      did.push(of)
      const count = left[of] ?? 0
      left[of] = count - 1
      return Number.isNaN(count) ? Promise.reject(new Error('slow')) : Promise.resolve(count > 1)
    },
  }))
  const nap = (ms: number) => {
    did.push(ms)
    if (did.filter((what) => typeof what === 'number').length === naps) ending.abort()
    return Promise.resolve()
  }
  const log = { warn: (about: unknown) => warned.push(about) }
  await keepCleaning({ removals, now: () => new Date(), nap, log }, ending.signal)
  return { did, warned }
}

describe('keepCleaning', () => {
  it('[retention] goes on with each kind until none is left, and again an hour later', async () => {
    const { did } = await clean({ events: 1, runs: 3 }, 4)

    expect(did).toEqual([
      ...['events', 'runs', 100],
      ...['runs', 100],
      ...['runs', 3_600_000],
      ...['events', 'runs', 3_600_000],
    ])
  })

  it('[retention] lets no kind that fails keep the others from their turn, and names it', async () => {
    const { did, warned } = await clean({ events: NaN, runs: 2, metrics: NaN, changes: 2 }, 2)

    expect(did).toEqual([
      ...['events', 'runs', 'metrics', 'changes', 100],
      ...['runs', 'changes', 3_600_000],
    ])
    expect(warned).toEqual([
      { of: 'events', reason: 'slow' },
      { of: 'metrics', reason: 'slow' },
    ])
  })
})
