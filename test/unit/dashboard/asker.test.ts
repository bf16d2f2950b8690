import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Asker, startAsking } from '../../../src/dashboard/page/asker.js'
import type { Conditions, Outcome } from '../../../src/dashboard/page/asking.js'

const CONDITIONS: Conditions = {
  version: 0,
  everyMs: Infinity,
  isHidden: false,
  isReceiving: true,
}

/** A server that answers after so long, and everything that it was asked. */
interface SlowServer {
  readonly asker: Asker
  /** When it was asked, in ms since the start. */
  readonly asked: number[]
  readonly signals: AbortSignal[]
  /** What comes of the questions from now on. */
  outcome: Outcome
}

function startServer(tookMs: number, conditions: Partial<Conditions> = {}): SlowServer {
  const startedAt = performance.now()
  const asked: number[] = []
  const signals: AbortSignal[] = []
  const ask = async (signal: AbortSignal) => {
    asked.push(performance.now() - startedAt)
    signals.push(signal)
    if (tookMs > 0) await new Promise((resolve) => setTimeout(resolve, tookMs))
    return server.outcome
  }
  const now = () => performance.now()
  const asker = startAsking({ ...CONDITIONS, ...conditions }, ask, now)
  const server: SlowServer = { asker, asked, signals, outcome: 'answered' }
  return server
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('a question that is asked again and again', () => {
  it('gets each answer of a server that is slower than the changes, one at a time', async () => {
    const { asker, asked, signals } = startServer(1_500)

    for (let version = 1; version <= 100; version += 1) {
      await pass(50)
      asker.follow({ version })
    }

    expect(asked).toEqual([0, 1_500, 3_000, 4_500])
    expect(signals.some(({ aborted }) => aborted)).toBe(false)
    asker.end()
  })

  it('asks a quick server at most once a second, and once more after the last change', async () => {
    const { asker, asked } = startServer(10)

    for (let version = 1; version <= 45; version += 1) {
      await pass(50)
      asker.follow({ version })
    }
    await pass(60_000)

    expect(asked).toEqual([0, 1_000, 2_000, 3_000])
    asker.end()
  })

  it('asks at once when something changes after a while', async () => {
    const { asker, asked } = startServer(10)
    await pass(4_000)

    asker.follow({ version: 1 })
    await pass(0)

    expect(asked).toEqual([0, 4_000])
    asker.end()
  })

  it('asks every 5 s while it fails, and at once when the connection is back', async () => {
    const server = startServer(0)
    server.outcome = 'failed'
    server.asker.follow({ isReceiving: false })
    await pass(12_000)

    server.outcome = 'answered'
    server.asker.follow({ isReceiving: true })
    await pass(60_000)

    expect(server.asked).toEqual([0, 5_000, 10_000, 12_000])
    server.asker.end()
  })

  it('rests while nobody looks, and asks what is due as soon as somebody does', async () => {
    const { asker, asked } = startServer(0, { everyMs: 5_000 })
    await pass(6_000)

    asker.follow({ isHidden: true })
    await pass(60_000)
    asker.follow({ isHidden: false })
    await pass(0)

    expect(asked).toEqual([0, 5_000, 66_000])
    asker.end()
  })

  it('follows another rhythm from then on', async () => {
    const { asker, asked } = startServer(0)
    await pass(2_000)

    asker.follow({ everyMs: 5_000 })
    await pass(9_000)
    asker.follow({ everyMs: Infinity })
    await pass(60_000)

    expect(asked).toEqual([0, 5_000, 10_000])
    asker.end()
  })

  it('is withdrawn at its end, and leaves no timer behind', async () => {
    const { asker, asked, signals } = startServer(1_000, { everyMs: 5_000 })
    await pass(500)

    asker.end()
    asker.follow({ version: 1 })
    await pass(60_000)

    expect(signals[0]?.aborted).toBe(true)
    expect(asked).toEqual([0])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves no timer behind when it ends between two questions', async () => {
    const { asker } = startServer(0, { everyMs: 5_000 })
    await pass(1_000)

    asker.end()

    expect(vi.getTimerCount()).toBe(0)
  })
})
