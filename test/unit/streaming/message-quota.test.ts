import { describe, expect, it } from 'vitest'
import { MessageQuota } from '../../../src/server/streaming/message-quota.js'

function countMany(quota: MessageQuota, times: number, now: number): string[] {
  return Array.from({ length: times }, () => quota.count(now))
}

describe('MessageQuota', () => {
  it('[messages] takes 20 at once, and not the 21st', () => {
    const quota = new MessageQuota()

    expect(countMany(quota, 20, 0)).toEqual(Array(20).fill('fine'))
    expect(quota.count(0)).toBe('too_many_messages')
  })

  it('[messages] does not take the 21st in the last millisecond of the window', () => {
    const quota = new MessageQuota()
    countMany(quota, 20, 500)

    expect(quota.count(10_499)).toBe('too_many_messages')
  })

  it('[messages] takes the 21st once the window has passed', () => {
    const quota = new MessageQuota()
    countMany(quota, 20, 500)

    expect(quota.count(10_500)).toBe('fine')
  })

  it('[messages] slides: each message leaves the window at its own time', () => {
    const quota = new MessageQuota()
    countMany(quota, 10, 0)
    countMany(quota, 10, 5_000)

    expect(countMany(quota, 10, 10_000)).toEqual(Array(10).fill('fine'))
    expect(quota.count(14_999)).toBe('too_many_messages')
  })

  it('[messages] takes one each half second for ever', () => {
    const quota = new MessageQuota()
    const verdicts = Array.from({ length: 500 }, (_, index) => quota.count(index * 500))

    expect(new Set(verdicts)).toEqual(new Set(['fine']))
  })

  it('[messages] takes 4 bad ones, and not the 5th, however long it takes', () => {
    const quota = new MessageQuota()
    const verdicts = Array.from({ length: 5 }, () => quota.countBad())

    expect(verdicts).toEqual(['fine', 'fine', 'fine', 'fine', 'too_many_bad_messages'])
  })

  it('[messages] counts good and bad ones apart', () => {
    const quota = new MessageQuota()
    countMany(quota, 20, 0)

    expect(quota.countBad()).toBe('fine')
  })
})
