import { describe, expect, it } from 'vitest'
import { LockedJobs } from '../../../src/server/runs/locked-jobs.js'

/** Locked jobs, and a clock that a test moves. */
function lockedJobs() {
  let nowMs = 1_000
  const jobs = new LockedJobs(() => nowMs)
  return {
    jobs,
    wait: (ms: number) => {
      nowMs += ms
    },
  }
}

describe('LockedJobs', () => {
  it('[report] lets a job rest for 250 ms, not a millisecond longer', () => {
    const { jobs, wait } = lockedJobs()
    jobs.add('a')

    wait(249)
    expect(jobs.isResting('a')).toBe(true)
    wait(1)
    expect(jobs.isResting('a')).toBe(false)
    expect(jobs.has('a')).toBe(true)
  })

  it('[report] knows nothing of a job that was not locked, or is no longer', () => {
    const { jobs } = lockedJobs()
    jobs.add('a')
    jobs.delete('a')

    for (const job of ['a', 'b']) {
      expect(jobs.has(job)).toBe(false)
      expect(jobs.isResting(job)).toBe(false)
    }
  })

  it('[report] lets them rest the longer the more there are, up to 5 seconds', () => {
    const { jobs, wait } = lockedJobs()
    for (let number = 1; number <= 30; number += 1) jobs.add(String(number))

    wait(500)
    expect(jobs.isResting('2')).toBe(false)
    expect(jobs.isResting('3')).toBe(true)
    wait(4_499)
    expect(jobs.isResting('30')).toBe(true)
    wait(1)
    expect(jobs.isResting('30')).toBe(false)
  })

  it('[report] counts one that is still locked once', () => {
    const { jobs, wait } = lockedJobs()
    jobs.add('a')
    jobs.add('a')

    wait(250)
    expect(jobs.isResting('a')).toBe(false)
  })

  it('[report] forgets those on which nobody reports any more', () => {
    const { jobs, wait } = lockedJobs()
    jobs.add('a')
    wait(10_251)
    jobs.add('b')

    expect(jobs.has('a')).toBe(false)
    expect(jobs.has('b')).toBe(true)
  })
})
