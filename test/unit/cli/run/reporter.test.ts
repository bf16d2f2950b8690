import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createReporter } from '../../../../src/cli/run/reporter.js'
import { type Answer, accept, refuse, startReportServer } from './report-server.js'

const START = { eventType: 'START' }
const COMPLETE = { eventType: 'COMPLETE' }
const EXPECTATIONS = { path: '/jobs/x', body: { grace: 'PT1M' } }

interface Given {
  readonly base: string
  readonly budgetMs?: number
  /** How long the run lasts. */
  readonly runMs?: number
  readonly isExpected?: boolean
}

async function report({ base, budgetMs = 1_500, runMs = 0, isExpected = false }: Given) {
  const reporter = createReporter({ base, token: undefined, heartbeatMs: 60_000, budgetMs })
  reporter.open({
    start: START,
    heartbeat: () => ({ eventType: 'RUNNING' }),
    ...(isExpected ? { expectations: EXPECTATIONS } : {}),
  })
  await delay(runMs)
  const endedAt = performance.now()
  const complaint = await reporter.close(COMPLETE)
  return { complaint, tookMs: performance.now() - endedAt }
}

async function givenServer(answer?: Answer) {
  const server = await startReportServer(answer)
  onTestFinished(() => server.close())
  return server
}

async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

describe('a reporter', () => {
  it('has nothing to complain of when all has arrived', async () => {
    const server = await givenServer()

    const { complaint } = await report({ base: server.base, isExpected: true })

    expect(complaint).toBeNull()
    expect(server.requests).toHaveLength(3)
  })

  it('gives up at once on a server that is not there', async () => {
    const base = await freeAddress()

    const { complaint, tookMs } = await report({ base, runMs: 50 })

    expect(complaint).toMatch(/^this run could not be reported to http:\S+: ECONNREFUSED, .*$/)
    expect(tookMs).toBeLessThan(1_000)
  })

  it('waits for a server that hangs no longer than the budget', async () => {
    const server = await givenServer(() => undefined)

    const { complaint, tookMs } = await report({ base: server.base, budgetMs: 600 })

    expect(complaint).toContain(': no answer in time')
    expect(tookMs).toBeGreaterThan(550)
    expect(tookMs).toBeLessThan(1_200)
  })

  it('asks a server that refuses once for each event, and repeats its words on one line', async () => {
    const server = await givenServer(refuse(403, 'reporting\n\u001b[31mis closed'))

    const { complaint } = await report({ base: server.base, runMs: 300 })

    expect(complaint).toBe(
      `this run could not be reported to ${server.base}: it answers 403, reporting [31mis closed`,
    )
    expect(server.requests).toHaveLength(2)
  })

  it('follows no redirect', async () => {
    const server = await givenServer((response) =>
      response.writeHead(302, { location: '/elsewhere' }).end(),
    )

    const { complaint } = await report({ base: server.base })

    expect(complaint).toContain('it answers 302')
    expect(server.requests.map(({ path }) => path)).not.toContain('/elsewhere')
  })

  it.each([503, 500, 502, 429])('sends again after %d', async (status) => {
    const server = await givenServer((response, _request, count) =>
      count <= 2 ? refuse(status, 'later')(response) : accept(response),
    )

    const { complaint } = await report({ base: server.base })

    expect(complaint).toBeNull()
    expect(server.requests.length).toBeGreaterThanOrEqual(4)
  })

  it('gives up when the budget is spent on 503', async () => {
    const server = await givenServer(refuse(503, 'later', { 'retry-after': '2' }))

    const { complaint, tookMs } = await report({ base: server.base, budgetMs: 800 })

    expect(complaint).toContain('it answers 503, later')
    expect(tookMs).toBeLessThan(1_300)
  })

  it('waits at the end for a server that answered before and is restarting', async () => {
    let isUp = true
    const server = await givenServer((response) => {
      if (isUp) accept(response)
      else response.destroy()
    })
    const reporter = createReporter({
      base: server.base,
      token: undefined,
      heartbeatMs: 60_000,
      budgetMs: 4_000,
    })
    reporter.open({ start: START, heartbeat: () => START })
    await expect.poll(() => server.requests.length).toBe(1)

    isUp = false
    const closing = reporter.close(COMPLETE)
    await delay(400)
    isUp = true

    expect(await closing).toBeNull()
  })

  it('a start that failed is sent again while the command runs', async () => {
    const server = await givenServer((response, _request, count) =>
      count === 1 ? response.destroy() : accept(response),
    )

    const { complaint } = await report({ base: server.base, runMs: 700 })

    expect(complaint).toBeNull()
    expect(server.events().map(({ eventType }) => eventType)).toEqual([
      'START',
      'START',
      'COMPLETE',
    ])
  })

  it.each([
    [404, 'this server is too old for it'],
    [400, 'it answers 400, no such zone'],
  ])('a schedule answered with %d is one warning', async (status, words) => {
    const server = await givenServer((response, { method }) =>
      method === 'PUT' ? refuse(status, 'no such zone')(response) : accept(response),
    )

    const { complaint } = await report({ base: server.base, isExpected: true })

    expect(complaint).toBe(`the job's schedule could not be set at ${server.base}: ${words}`)
  })

  it('says that an end is lost which it had no time to send', async () => {
    const server = await givenServer()
    const reporter = createReporter({
      base: server.base,
      token: undefined,
      heartbeatMs: 60_000,
      budgetMs: 20_000,
    })
    reporter.open({ start: START, heartbeat: () => START })
    await expect.poll(() => server.requests.length).toBe(1)
    await delay(100)

    reporter.abandon()

    expect(await reporter.close(COMPLETE)).toBe(
      `this run could not be reported to ${server.base}: given up before its end was sent`,
    )
  })

  it('can be abandoned', async () => {
    const server = await givenServer(() => undefined)
    const reporter = createReporter({
      base: server.base,
      token: undefined,
      heartbeatMs: 60_000,
      budgetMs: 20_000,
    })
    reporter.open({ start: START, heartbeat: () => START })
    const closing = reporter.close(COMPLETE)
    const startedAt = performance.now()

    reporter.abandon()

    expect(await closing).toContain('could not be reported')
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
})
