import { describe, expect, it } from 'vitest'
import {
  byteWords,
  countOf,
  percentWords,
  shortCountWords,
} from '../../../src/dashboard/words/count-words.js'
import { agoWords, clockWords, durationWords } from '../../../src/dashboard/words/duration-words.js'
import { whyWords } from '../../../src/dashboard/words/reason-words.js'
import { reasonWords } from '../../../src/protocol/index.js'
import { isoDurationWords, scheduleWords } from '../../../src/dashboard/words/schedule-words.js'
import { source } from './board-samples.js'

describe('lengths of time', () => {
  it('are told in at most two units, rounded down', () => {
    const told = [0, 999, 9_999, 59_999, 60_000, 3_599_999, 3_600_000, 90_000_000].map(
      durationWords,
    )

    expect(told).toEqual([
      '0 s',
      '0.9 s',
      '9.9 s',
      '59 s',
      '1 min',
      '59 min 59 s',
      '1 h',
      '1 d 1 h',
    ])
  })

  it('run in whole seconds, and never backwards', () => {
    expect([-5, 999, 1_000, 61_500].map(clockWords)).toEqual(['0 s', '0 s', '1 s', '1 min 1 s'])
  })

  it('are told in one unit when they are over', () => {
    const told = [0, 1_000, 119_999, 7_200_000, 172_800_000].map(agoWords)

    expect(told).toEqual(['just now', '1 s ago', '1 min ago', '2 h ago', '2 d ago'])
  })
})

describe('numbers', () => {
  it('are never rounded up to everything', () => {
    expect([0, 0.29, 0.996, 1].map(percentWords)).toEqual(['0 %', '29 %', '99 %', '100 %'])
  })

  it('take the plural and their thousands', () => {
    expect([countOf(1, 'run'), countOf(0, 'run'), countOf(6_980, 'run')]).toEqual([
      '1 run',
      '0 runs',
      '6,980 runs',
    ])
  })

  it('are short where they would be long', () => {
    expect([99_999, 100_000, 2_643_312].map(shortCountWords)).toEqual(['99,999', '100K', '2.6M'])
  })

  it('have a unit as bytes', () => {
    expect([0, 999, 999_499, 1_000, 4_249, 12_000_000].map(byteWords)).toEqual([
      '0 bytes',
      '999 bytes',
      '999 kB',
      '1.0 kB',
      '4.2 kB',
      '12 MB',
    ])
  })
})

describe('reasons', () => {
  it('are told worst first, and what the run said comes last', () => {
    const failing = source('a', { reasons: ['failed', 'late'], error: '503 from upstream' })

    expect(whyWords(failing)).toBe('The last run failed, a run is due: 503 from upstream')
  })

  it('do not repeat an error that is over', () => {
    const recovering = source('a', { reasons: ['recovering'], error: 'an old one' })

    expect(whyWords(recovering)).toBe('Recovering from failures')
  })

  it('say nothing where there is nothing to say, and pass on what is new', () => {
    expect(whyWords(source('a'))).toBe('')
    expect(whyWords(source('a', { stale: true }))).toBe('Its run has been silent')
    expect(reasonWords('a_new_reason')).toBe('a new reason')
  })
})

describe('schedules', () => {
  const cronWords = (expression: string) => {
    if (expression === 'bad') throw new Error('cannot be read')
    return 'At 03:30'
  }

  it('are told in words', () => {
    expect(scheduleWords({ interval: 'PT1H' }, cronWords)).toBe('every hour')
    expect(scheduleWords({ interval: 'PT1H30M' }, cronWords)).toBe('every 1 hour 30 minutes')
    expect(scheduleWords({ cron: '30 3 * * *', timezone: 'Europe/Riga' }, cronWords)).toBe(
      'At 03:30 (Europe/Riga)',
    )
    expect(scheduleWords({ cron: '30 3 * * *' }, cronWords)).toBe('At 03:30 (UTC)')
  })

  it('stand as they are where no words are found', () => {
    expect(scheduleWords({ cron: 'bad' }, cronWords)).toBe('bad (UTC)')
    expect(isoDurationWords('whenever')).toBe('whenever')
    expect(isoDurationWords('PT0S')).toBe('0 seconds')
    expect(isoDurationWords('P1DT0.5S')).toBe('1 day 0.5 seconds')
  })
})
