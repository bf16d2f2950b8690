import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lastLine, logTail, MAX_LOG_TAIL_BYTES } from '../../../src/server/runs/log-tail.js'

describe('the log tail', () => {
  it('keeps a text of 10,000 bytes, and the last 10,000 of one more', () => {
    expect(logTail('a'.repeat(10_000))).toBe('a'.repeat(10_000))
    expect(logTail(`x${'a'.repeat(9_999)}b`)).toBe(`${'a'.repeat(9_999)}b`)
  })

  it('begins with a whole character', () => {
    const tail = logTail(`ä${'a'.repeat(9_999)}`)

    expect(tail).toBe('a'.repeat(9_999))
  })

  it('hides a secret whose announcement is cut off', () => {
    const secret = 's3cr3t'.repeat(500)

    const tail = logTail(`password=${secret}\n${'a'.repeat(9_000)}`)

    expect(tail).not.toContain('s3cr3t')
  })

  it('can always be stored, and is never longer than its limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20_000, size: 'max' }), (text) => {
        const tail = logTail(text)
        expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(MAX_LOG_TAIL_BYTES)
        expect(tail.includes('\0')).toBe(false)
        expect(Buffer.from(tail).toString()).toBe(tail)
      }),
      { numRuns: 50 },
    )
  })
})

describe('the last line', () => {
  it.each([
    ['one\ntwo', 'two'],
    ['one\r\ntwo\r\n\r\n', 'two'],
    ['  one  ', 'one'],
    ['', ''],
    ['\n\n', ''],
  ])('of %j is %j', (text, line) => {
    expect(lastLine(text)).toBe(line)
  })
})
