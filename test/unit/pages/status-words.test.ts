import { describe, expect, it } from 'vitest'
import {
  durationWords,
  instantWords,
  reasonsWords,
} from '../../../src/server/pages/status-words.js'

describe('words for people', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [449, '0.4 s'],
    [999, '1 s'],
    [1_000, '1 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [135_000, '2 min 15 s'],
    [3_600_000, '1 h'],
    [3_661_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
    [864_000_000, '10 d'],
  ])('%i ms are "%s"', (durationMs, words) => {
    expect(durationWords(durationMs)).toBe(words)
  })

  it('an instant is written in UTC, to the second', () => {
    expect(instantWords('2026-01-28T12:30:46.123Z')).toBe('2026-01-28 12:30:46 UTC')
  })

  it.each([
    [['ok'], ''],
    [['failed'], 'the last run failed'],
    [['timed_out', 'late'], 'the last run took too long, a run is due'],
    [['data_quality'], 'a check of its data fails'],
    [['something_new'], 'something new'],
  ])('the reasons %j are "%s"', (reasons, words) => {
    expect(reasonsWords(reasons)).toBe(words)
  })
})
