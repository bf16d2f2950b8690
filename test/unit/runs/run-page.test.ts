import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCursor, encodeCursor } from '../../../src/server/runs/run-page.js'

const position = {
  startedAt: '2026-01-28T12:30:45.123456Z',
  runId: '3b452093-782c-4ef2-9c0c-aafe2aa6f34d',
}

describe('a cursor', () => {
  it('comes back as the position that it was made from', () => {
    expect(decodeCursor(encodeCursor(position))).toEqual(position)
  })

  it('needs no encoding in a URL', () => {
    expect(encodeCursor(position)).toMatch(/^[\w-]+$/)
  })

  it.each([
    ['nothing', ''],
    ['another text', 'bmV4dA'],
    [
      'no day of the calendar',
      encodeCursor({ ...position, startedAt: '2026-13-28T12:30:45.123456Z' }),
    ],
    ['no run', encodeCursor({ ...position, runId: 'x' })],
    [
      'more than a position',
      Buffer.from(`${position.startedAt} ${position.runId}; DROP`).toString('base64url'),
    ],
  ])('is refused when it holds %s', (_what, cursor) => {
    expect(decodeCursor(cursor)).toBeNull()
  })

  it('is refused, not thrown at, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeCursor(text)).toBeNull()
      }),
    )
  })
})
