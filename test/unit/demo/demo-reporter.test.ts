import { getEventListeners } from 'node:events'
import { onTestFinished, describe, expect, it } from 'vitest'
import { demoEvents, type OpenLineageEvent } from '../../../src/server/demo/demo-events.js'
import { startDemoReporter } from '../../../src/server/demo/demo-reporter.js'
import { type AnswerOf, KeptLog, LineageServer } from './lineage-server.js'

const START = new Date('2026-03-01T12:00:00.000Z')
const MINUTE_MS = 60_000
const BATCH = '/api/v1/lineage/batch'

/** A reporter whose clock the test moves, beside a real server. */
async function arrange(options: { answerOf?: AnswerOf; historyMs?: number; token?: string } = {}) {
  const { answerOf, ...rest } = options
  const server = await LineageServer.start(answerOf)
  const log = new KeptLog()
  const end = new AbortController()
  const clock = { now: START }
  const ended = startDemoReporter({
    baseUrl: server.baseUrl,
    signal: end.signal,
    log,
    now: () => clock.now,
    ...rest,
  })
  onTestFinished(async () => {
    end.abort()
    await ended
  })
  const events = () => server.received.flatMap(({ body }) => body as OpenLineageEvent)
  return { server, log, end, clock, ended, events }
}

function between(fromMs: number, toMs: number): OpenLineageEvent[] {
  return demoEvents(new Date(START.getTime() + fromMs), new Date(START.getTime() + toMs))
}

function at(afterStartMs: number): Date {
  return new Date(START.getTime() + afterStartMs)
}

function inOrder(events: readonly OpenLineageEvent[]): string[] {
  return events.map((event) => JSON.stringify(event)).sort()
}

describe('startDemoReporter', () => {
  it('fills the board with 135 minutes in batches of at most 200, the newest first', async () => {
    const history = between(-135 * MINUTE_MS, 0)
    const { server, events } = await arrange()

    await expect.poll(() => events().length, { timeout: 10_000 }).toBe(history.length)

    const batches = server.received.map(({ body }) => body as OpenLineageEvent[])
    expect(new Set(server.received.map(({ path }) => path))).toEqual(new Set([BATCH]))
    expect(Math.max(...batches.map(({ length }) => length))).toBe(200)
    expect(batches.toReversed().flat()).toEqual(history)
  })

  it('sends the token with each request', async () => {
    const { server } = await arrange({ historyMs: 10 * MINUTE_MS, token: 'secret' })

    await expect.poll(() => server.received.length).toBeGreaterThan(1)

    expect(new Set(server.received.map((one) => one.authorization))).toEqual(
      new Set(['Bearer secret']),
    )
  })

  it('then sends one by one what has become due, in order, each event once', async () => {
    const { server, clock, events } = await arrange({ historyMs: 5 * MINUTE_MS })
    await expect.poll(() => events().length).toBe(between(-5 * MINUTE_MS, 0).length)
    const historyRequests = server.received.length

    clock.now = at(10_000)
    await expect.poll(() => events().length).toBe(between(-5 * MINUTE_MS, 10_000).length)
    clock.now = at(25_000)
    await expect.poll(() => events().length).toBe(between(-5 * MINUTE_MS, 25_000).length)

    const live = server.received.slice(historyRequests)
    expect(new Set(live.map(({ path }) => path))).toEqual(new Set(['/api/v1/lineage']))
    expect(live.map(({ body }) => body)).toEqual(between(0, 25_000))
  })

  it('keeps its place while the server is away, and loses nothing', async () => {
    let isAway = false
    const answerOf = () => ({ status: isAway ? 503 : 201 })
    const { server, log, clock, events } = await arrange({ answerOf, historyMs: 5 * MINUTE_MS })
    const history = between(-5 * MINUTE_MS, 0)
    await expect.poll(() => events().length).toBe(history.length)

    isAway = true
    clock.now = at(20_000)
    await expect.poll(() => log.lines.length).toBe(1)
    isAway = false
    const expected = inOrder(between(0, 20_000))
    await expect
      .poll(() => new Set(inOrder(events().slice(history.length))).size, { timeout: 5_000 })
      .toBe(expected.length)

    const accepted = inOrder(events().slice(history.length))
    expect([...new Set(accepted)]).toEqual(expected)
    // Only the first one was turned away and sent again: nothing was sent past it.
    expect(accepted.length - expected.length).toBeLessThanOrEqual(2)
    expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
    expect(server.received.at(-1)?.path).toBe('/api/v1/lineage')
  })

  it('fills a long gap in batches, as far back as the history and no further', async () => {
    const { server, clock, events } = await arrange({ historyMs: 10 * MINUTE_MS })
    const history = between(-10 * MINUTE_MS, 0)
    await expect.poll(() => events().length).toBe(history.length)

    const monthMs = 30 * 24 * 60 * MINUTE_MS
    clock.now = at(monthMs)
    const gap = between(monthMs - 10 * MINUTE_MS, monthMs)
    await expect.poll(() => events().length).toBe(history.length + gap.length)

    expect(inOrder(events().slice(history.length))).toEqual(inOrder(gap))
    expect(server.received.every(({ path }) => path === BATCH)).toBe(true)
  })

  it('sends nothing new when the clock is set back', async () => {
    const { clock, events } = await arrange({ historyMs: 5 * MINUTE_MS })
    await expect.poll(() => events().length).toBe(between(-5 * MINUTE_MS, 0).length)
    const known = new Set(inOrder(events()))

    clock.now = at(-MINUTE_MS)
    await new Promise((resolve) => setTimeout(resolve, 600))
    clock.now = at(0)
    await new Promise((resolve) => setTimeout(resolve, 600))

    expect(new Set(inOrder(events()))).toEqual(known)
  })

  it('ends with one warning when its token is not accepted', async () => {
    const { server, log, ended } = await arrange({ answerOf: () => ({ status: 401 }) })

    await ended

    expect(server.received).toHaveLength(1)
    expect(log.lines.map(({ level }) => level)).toEqual(['warn'])
  })

  it('ends on the signal in the middle of its history, leaving neither listener nor request', async () => {
    const { server, log, end, ended } = await arrange({ answerOf: () => null })
    await expect.poll(() => server.received.length).toBe(1)

    end.abort()
    await ended

    expect(getEventListeners(end.signal, 'abort')).toEqual([])
    expect(server.received).toHaveLength(1)
    expect(log.lines).toEqual([])
  })

  it('ends on the signal while nothing is due, and leaves no timer', async () => {
    const timersBefore = timers()
    const { server, end, ended, events } = await arrange({ historyMs: MINUTE_MS })
    await expect.poll(() => events().length).toBe(between(-MINUTE_MS, 0).length)

    end.abort()
    await ended

    const requests = server.received.length
    expect(getEventListeners(end.signal, 'abort')).toEqual([])
    expect(timers()).toBeLessThanOrEqual(timersBefore)
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(server.received).toHaveLength(requests)
  })
})

/** How many timers hold this process open. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
}
