import { PassThrough, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { passOutput } from '../../../../src/cli/run/pass-output.js'

const LINE = 'still here\n'
const PIPE_BYTES = 1_048_576

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A reader that takes each chunk after some time, in milliseconds; at once without. */
function reader(takesMs = 0) {
  let bytes = 0
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (takesMs === 0) done()
      else setTimeout(done, takesMs)
    },
  })
  return { stream, bytes: () => bytes }
}

/** Passes a stream on, whose command is over now. */
function finishing(source: PassThrough, destination: Writable) {
  let isPassed: boolean | null = null
  const gone = new AbortController()
  const { finished } = passOutput(source, destination, () => undefined)
  void finished(gone.signal).then((all) => {
    isPassed = all
  })
  return {
    isOver: () => isPassed !== null,
    isPassed: () => isPassed,
    giveUp: () => gone.abort(),
  }
}

function keepWriting(source: PassThrough, everyMs: number, chunk: string | Buffer): void {
  const writing = setInterval(() => source.write(chunk), everyMs)
  onTestFinished(() => clearInterval(writing))
}

describe('what a command leaves in the background', () => {
  it('is waited for until it has been silent for a moment', async () => {
    const source = new PassThrough()
    source.write(LINE)
    const { stream, bytes } = reader()
    const { isOver } = finishing(source, stream)

    await vi.advanceTimersByTimeAsync(90)
    const wasOver = isOver()
    await vi.advanceTimersByTimeAsync(50)

    expect([wasOver, isOver(), bytes()]).toEqual([false, true, LINE.length])
  })

  it('is closed out after two seconds when it is never silent', async () => {
    const source = new PassThrough()
    keepWriting(source, 50, LINE)
    const { isOver } = finishing(source, reader().stream)

    await vi.advanceTimersByTimeAsync(1_900)
    const wasOver = isOver()
    await vi.advanceTimersByTimeAsync(200)

    expect([wasOver, isOver(), source.destroyed]).toEqual([false, true, true])
  })

  it('is closed out when it has written more than a pipe holds, however slow the reader is', async () => {
    const source = new PassThrough()
    keepWriting(source, 1, Buffer.alloc(65_536))
    const { stream, bytes } = reader(10)
    const { isOver } = finishing(source, stream)

    await vi.advanceTimersByTimeAsync(2_000)

    expect([isOver(), source.destroyed]).toEqual([true, true])
    expect(bytes()).toBeGreaterThan(PIPE_BYTES)
  })

  it('costs a reader that stalls nothing of what the command wrote', async () => {
    const source = new PassThrough({ highWaterMark: PIPE_BYTES })
    for (let written = 0; written < PIPE_BYTES; written += 65_536)
      source.write(Buffer.alloc(65_536))
    keepWriting(source, 50, LINE)
    const { stream, bytes } = reader(5_000)
    const { isOver } = finishing(source, stream)

    await vi.advanceTimersByTimeAsync(60_000)
    const wasOver = isOver()
    await vi.advanceTimersByTimeAsync(60_000)

    expect([wasOver, bytes() > PIPE_BYTES]).toEqual([false, true])
  })
})

describe('a reader that is not waited for any more', () => {
  it.each([
    ['stalls', 60_000, false],
    ['had taken all that there was', 0, true],
  ])('%s', async (_what, takesMs, expected) => {
    const source = new PassThrough()
    source.write(LINE)
    const { isPassed, giveUp } = finishing(source, reader(takesMs).stream)
    await vi.advanceTimersByTimeAsync(50)
    const before = isPassed()

    giveUp()
    await vi.advanceTimersByTimeAsync(0)

    expect([before, isPassed(), source.destroyed]).toEqual([null, expected, true])
    expect(vi.getTimerCount()).toBe(takesMs === 0 ? 0 : 1) // the reader's own
  })
})
