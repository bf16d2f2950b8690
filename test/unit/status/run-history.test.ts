import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { endsInProgress, readStreak, tally } from '../../../src/server/status/run-history.js'

const once = { failureTolerance: 1, recoveryThreshold: 1 }
const histories = fc
  .array(fc.constantFrom('n', 'r', 'c', 'f', 'a', 't', 'M'), { maxLength: 90 })
  .map((letters) => letters.join(''))
const patiences = fc.record({
  failureTolerance: fc.integer({ min: 1, max: 4 }),
  recoveryThreshold: fc.integer({ min: 1, max: 4 }),
})

describe('readStreak', () => {
  it.each([
    ['', 0, null],
    ['c', 0, null],
    ['cf', 1, 'f'],
    ['cft', 2, 't'],
    ['cftM', 3, 'M'],
    ['fMc', 0, null],
    ['cfaf', 2, 'f'],
    ['cfrn', 1, 'f'],
    ['fca', 0, null],
  ])('[H4] counts the failures of %j since its newest success: %i', (history, failures, newest) => {
    const streak = readStreak(history, once)

    expect(streak.failures).toBe(failures)
    expect(streak.newestFailure).toBe(newest)
  })

  it.each([
    ['ff', false],
    ['ffc', true],
    ['ffac', true],
    ['ffcr', true],
    ['ffcc', false],
    ['ffcac', false],
    ['ffcf', false],
    ['ffcfc', true],
    ['ffcfcc', false],
    ['fc', false],
    ['fcfc', false],
  ])('[H5] with tolerance 2 and recovery 2, %j is recovering: %s', (history, isRecovering) => {
    const streak = readStreak(history, { failureTolerance: 2, recoveryThreshold: 2 })

    expect(streak.isRecovering).toBe(isRecovering)
  })

  it('[H5] never recovers and fails at once, and never recovers when one success is enough', () => {
    fc.assert(
      fc.property(histories, patiences, (history, patience) => {
        const streak = readStreak(history, patience)

        expect(streak.isRecovering && streak.failures > 0).toBe(false)
        expect(readStreak(history, { ...patience, recoveryThreshold: 1 }).isRecovering).toBe(false)
      }),
    )
  })

  it('[H4] ignores aborted runs and runs in progress wherever they stand', () => {
    fc.assert(
      fc.property(histories, patiences, (history, patience) => {
        const outcomes = history.replace(/[arn]/g, '')

        expect(readStreak(history, patience)).toEqual(readStreak(outcomes, patience))
        expect(tally(history, 20)).toEqual(tally(outcomes, 20))
      }),
    )
  })
})

describe('tally', () => {
  it('[H6] counts successes and failures and nothing else', () => {
    expect(tally('ncrcaftMc')).toEqual({ outcomes: 6, successes: 3 })
    expect(tally('anr')).toEqual({ outcomes: 0, successes: 0 })
  })

  it('[H6] looks at the newest outcomes only, and skips what is none', () => {
    expect(tally('ccccfaf', 3)).toEqual({ outcomes: 3, successes: 1 })
    expect(tally('fcc', 2)).toEqual({ outcomes: 2, successes: 2 })
  })
})

describe('endsInProgress', () => {
  it.each([
    ['cr', true],
    ['cn', true],
    ['rc', false],
    ['', false],
  ])('[H9] %j ends in a run in progress: %s', (history, answer) => {
    expect(endsInProgress(history)).toBe(answer)
  })
})
