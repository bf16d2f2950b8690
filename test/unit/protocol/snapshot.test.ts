import { describe, expect, it } from 'vitest'
import { RUN_LETTERS } from '../../../src/protocol/index.js'

describe('RUN_LETTERS', () => {
  it('[snapshot] gives each state a letter of its own, one character long', () => {
    const letters = Object.values(RUN_LETTERS)

    expect(new Set(letters).size).toBe(letters.length)
    expect(letters.every((letter) => letter.length === 1)).toBe(true)
  })

  it('[snapshot] keeps the letters that dashboards read', () => {
    expect(RUN_LETTERS).toEqual({
      NEW: 'n',
      RUNNING: 'r',
      COMPLETED: 'c',
      FAILED: 'f',
      ABORTED: 'a',
      TIMED_OUT: 't',
      MISSED: 'M',
    })
  })
})
