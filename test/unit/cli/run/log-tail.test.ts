import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogTail, MAX_LOG_TAIL_BYTES } from '../../../../src/cli/run/log-tail.js'

function tailOf(...chunks: readonly (string | Buffer)[]): LogTail {
  const tail = new LogTail()
  const write = tail.writer()
  for (const chunk of chunks) write(Buffer.from(chunk))
  return tail
}

describe('LogTail', () => {
  it('keeps all of a short log, of both streams in the order of arrival', () => {
    const tail = new LogTail()
    const [out, err] = [tail.writer(), tail.writer()]

    out(Buffer.from('one\n'))
    err(Buffer.from('two\n'))
    out(Buffer.from('three\n'))

    expect(tail.text()).toBe('one\ntwo\nthree\n')
  })

  it('a character that comes in halves is whole, though the other stream writes in between', () => {
    const tail = new LogTail()
    const [out, err] = [tail.writer(), tail.writer()]
    const euro = Buffer.from('€')

    out(euro.subarray(0, 2))
    err(Buffer.from('!'))
    out(euro.subarray(2))

    expect(tail.text()).toBe('!€')
  })

  it('keeps exactly the last bytes that fit, however the text is cut into chunks', () => {
    const unit = fc.constantFrom('a', 'é', '€', '😀')
    const text = fc.array(unit, { minLength: 9_000, maxLength: 12_000 }).map((all) => all.join(''))

    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 60_000 }), (whole, size) => {
        const bytes = Buffer.from(whole)
        const chunks = []
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
        const kept = tailOf(...chunks).text()
        const keptBytes = Buffer.byteLength(kept)

        expect(whole.endsWith(kept)).toBe(true)
        expect(keptBytes).toBeLessThanOrEqual(MAX_LOG_TAIL_BYTES)
        expect(keptBytes).toBeGreaterThan(Math.min(bytes.length, MAX_LOG_TAIL_BYTES) - 4)
      }),
      { numRuns: 30 },
    )
  })

  it('begins with a whole line where one begins near the cut', () => {
    const tail = tailOf(
      `${'password=hunter2 '.repeat(20)}\n${'x'.repeat(MAX_LOG_TAIL_BYTES - 50)}\n`,
    )

    expect(tail.text()).toBe(`${'x'.repeat(MAX_LOG_TAIL_BYTES - 50)}\n`)
  })

  it('bytes that are no text become the replacement character, and still fit', () => {
    const tail = tailOf(Buffer.alloc(200_000, 0xff))

    expect(tail.text()).toMatch(/^\uFFFD+$/)
    expect(Buffer.byteLength(tail.text())).toBeLessThanOrEqual(MAX_LOG_TAIL_BYTES)
  })

  it('stays small and quick over a million tiny writes', () => {
    const tail = new LogTail()
    const write = tail.writer()
    const byte = Buffer.from('z')
    const startedAt = performance.now()

    for (let count = 0; count < 1_000_000; count += 1) write(byte)

    expect(tail.text()).toBe('z'.repeat(MAX_LOG_TAIL_BYTES))
    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })

  it.each([
    ['first\nlast\n\n  \n', 'last'],
    ['10 %\r100 %\r\u001b[31mdisk full\u001b[0m\n', 'disk full'],
    ['\n \n', undefined],
    ['', undefined],
  ])('the last line of %j is %j', (text, expected) => {
    expect(tailOf(text).lastLine(500)).toBe(expected)
  })

  it('cuts a last line that is too long', () => {
    expect(tailOf('y'.repeat(600)).lastLine(500)).toBe('y'.repeat(500))
  })
})
