import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createDelivery, pause } from '../../../src/server/demo/demo-delivery.js'
import { type AnswerOf, KeptLog, LineageServer } from './lineage-server.js'

const CANNOT_DELIVER = 'warn: The demo reporter cannot deliver'
const DELIVERS_AGAIN = 'info: The demo reporter delivers again'
const told = (sentence: string) => sentence.slice(0, 'warn: '.length + 32)

async function arrange(answerOf?: AnswerOf, requestTimeoutMs = 5_000) {
  const server = await LineageServer.start(answerOf)
  const log = new KeptLog()
  const end = new AbortController()
  const options = { baseUrl: server.baseUrl, signal: end.signal, log, requestTimeoutMs }
  return { server, log, end, options, deliver: createDelivery(options) }
}

/** Answers with each of the statuses in turn, then with 201. */
function inTurn(...statuses: number[]): AnswerOf {
  return () => ({ status: statuses.shift() ?? 201 })
}

describe('createDelivery', () => {
  it('posts the body as JSON to the path below the base URL, and says nothing', async () => {
    const { server, log, options } = await arrange()
    const deliver = createDelivery({
      ...options,
      baseUrl: `${server.baseUrl}/status/`,
      token: 't0',
    })

    const goesOn = await deliver('api/v1/lineage', { eventType: 'START' })

    expect(goesOn).toBe(true)
    expect(server.received).toMatchObject([
      {
        path: '/status/api/v1/lineage',
        authorization: 'Bearer t0',
        body: { eventType: 'START' },
      },
    ])
    expect(log.told).toEqual([])
  })

  it('sends no authorization without a token', async () => {
    const { server, deliver } = await arrange()

    await deliver('api/v1/lineage', {})

    expect(server.received[0]?.authorization).toBeUndefined()
  })

  it('sends again what a busy server turns away, more slowly each time, and tells it once', async () => {
    const { server, log, deliver } = await arrange(inTurn(503, 429))

    const goesOn = await deliver('api/v1/lineage', { n: 1 })

    const [first, second, third] = server.received
    expect(goesOn).toBe(true)
    expect(server.received.map(({ body }) => body)).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }])
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(490)
    expect(third!.at - second!.at).toBeGreaterThanOrEqual(980)
    expect(log.told).toEqual([told(CANNOT_DELIVER), told(DELIVERS_AGAIN)])
    expect(log.lines[0]?.details).toMatchObject({ reason: expect.stringContaining('HTTP 503') })
  })

  it('tells each outage anew', async () => {
    const { log, deliver } = await arrange(inTurn(503, 201, 503, 201))

    await deliver('api/v1/lineage', {})
    await deliver('api/v1/lineage', {})

    expect(log.told).toEqual([
      told(CANNOT_DELIVER),
      told(DELIVERS_AGAIN),
      told(CANNOT_DELIVER),
      told(DELIVERS_AGAIN),
    ])
  })

  it('waits for a server that is not there yet', async () => {
    const { server: gone, log, options } = await arrange()
    await gone.stop()
    const delivered = createDelivery(options)('api/v1/lineage', { n: 1 })
    await expect.poll(() => log.lines.length).toBe(1)

    const server = await LineageServer.start(undefined, gone.port)

    expect(await delivered).toBe(true)
    expect(server.received).toHaveLength(1)
    expect(log.lines[0]?.details).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') })
  })

  it('gives up on an answer that does not come in time, and asks again', async () => {
    let requests = 0
    const { server, log, deliver } = await arrange(
      () => (++requests === 1 ? null : { status: 200 }),
      150,
    )

    const goesOn = await deliver('api/v1/lineage', {})

    expect(goesOn).toBe(true)
    expect(server.received[1]!.at - server.received[0]!.at).toBeGreaterThanOrEqual(640)
    expect(log.lines[0]?.details).toEqual({ reason: 'no answer within 150 ms' })
  })

  it('does not follow a redirect, which would lose the event', async () => {
    let requests = 0
    const { server, deliver } = await arrange(() =>
      ++requests === 1 ? { status: 302, location: '/elsewhere' } : { status: 201 },
    )

    await deliver('api/v1/lineage', { n: 1 })

    expect(server.received.map(({ path, body }) => ({ path, body }))).toEqual([
      { path: '/api/v1/lineage', body: { n: 1 } },
      { path: '/api/v1/lineage', body: { n: 1 } },
    ])
  })

  it.each([401, 403])('stops at %i with one clear warning', async (status) => {
    const { server, log, deliver } = await arrange(() => ({ status }))

    const goesOn = await deliver('api/v1/lineage', {})

    expect(goesOn).toBe(false)
    expect(server.received).toHaveLength(1)
    expect(log.lines.map(({ message }) => message)).toEqual([
      'The demo reporter stops: its token is not accepted',
    ])
  })

  it.each([400, 413, 422])(
    'leaves out what is answered with %i, and tells only the first',
    async (status) => {
      const { server, log, deliver } = await arrange(() => ({ status, body: { code: 'bad' } }))

      const goesOn = [await deliver('api/v1/lineage', {}), await deliver('api/v1/lineage', {})]

      expect(goesOn).toEqual([true, true])
      expect(server.received).toHaveLength(2)
      expect(log.lines).toMatchObject([{ details: { reason: `HTTP ${status} {"code":"bad"}` } }])
    },
  )

  it('sends a batch again while some of its events can be taken later', async () => {
    const answers = [
      {
        status: 'partial_success',
        summary: { received: 2, successful: 1, failed: 1, retriable: 1 },
      },
      { status: 'success', summary: { received: 2, successful: 2, failed: 0, retriable: 0 } },
    ]
    const { server, log, deliver } = await arrange(() => ({ status: 200, body: answers.shift() }))

    await deliver('api/v1/lineage/batch', [1, 2])

    expect(server.received.map(({ body }) => body)).toEqual([
      [1, 2],
      [1, 2],
    ])
    expect(log.told).toEqual([told(CANNOT_DELIVER), told(DELIVERS_AGAIN)])
  })

  it('tells of events of a batch that can never be taken, and goes on', async () => {
    const summary = { received: 2, successful: 1, failed: 1, retriable: 0, non_retriable: 1 }
    const { server, log, deliver } = await arrange(() => ({ status: 200, body: { summary } }))

    const goesOn = await deliver('api/v1/lineage/batch', [1, 2])

    expect(goesOn).toBe(true)
    expect(server.received).toHaveLength(1)
    expect(log.lines).toMatchObject([{ level: 'warn' }])
  })

  it('sends nothing once the signal has ended it', async () => {
    const { server, end, deliver } = await arrange()
    end.abort()

    const goesOn = await deliver('api/v1/lineage', {})

    expect(goesOn).toBe(false)
    expect(server.received).toEqual([])
  })

  it('ends at once on the signal in the middle of a request, quietly', async () => {
    const { server, log, end, deliver } = await arrange(() => null)
    const delivered = deliver('api/v1/lineage', {})
    await expect.poll(() => server.received.length).toBe(1)

    const endedAt = Date.now()
    end.abort()

    expect(await delivered).toBe(false)
    expect(Date.now() - endedAt).toBeLessThan(500)
    expect(log.lines).toEqual([])
    expect(getEventListeners(end.signal, 'abort')).toEqual([])
  })

  it('ends at once on the signal while it waits to send again', async () => {
    const { log, end, deliver } = await arrange(() => ({ status: 503 }))
    const delivered = deliver('api/v1/lineage', {})
    await expect.poll(() => log.lines.length).toBe(1)

    const endedAt = Date.now()
    end.abort()

    expect(await delivered).toBe(false)
    expect(Date.now() - endedAt).toBeLessThan(300)
    expect(getEventListeners(end.signal, 'abort')).toEqual([])
  })
})

describe('pause', () => {
  it('waits its time and leaves no listener', async () => {
    const { signal } = new AbortController()
    const startedAt = performance.now()

    const goesOn = await pause(50, signal)

    expect(goesOn).toBe(true)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(49)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('does not wait when the signal has ended it already', async () => {
    const startedAt = performance.now()

    const goesOn = await pause(5_000, AbortSignal.abort())

    expect(goesOn).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})
