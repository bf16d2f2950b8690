import { setTimeout as delay } from 'node:timers/promises'
import { describe, it, type TestContext } from 'vitest'
import { WebSocket } from 'ws'
import { connect, type ConnectOptions, type Subscription } from '../../../src/client/index.js'
import { type AdverseServer, startAdverseServer } from '../../support/adverse-server.js'

/** Enough for three attempts of whoever only backs off: its longest waits are 2 and 4 s. */
const LOOKED_ON_MS = 7_500

async function beRefused(
  { onTestFinished }: TestContext,
  options: Partial<ConnectOptions>,
): Promise<readonly [AdverseServer, Subscription]> {
  const server = await startAdverseServer('answers 503', { script: '', html: '' })
  const subscription = connect({ url: server.url, WebSocket, ...options })
  onTestFinished(async () => {
    subscription.close()
    await server.close()
  })
  return [server, subscription]
}

describe('a client that is refused', { timeout: 20_000 }, () => {
  it.concurrent('without a wish it backs off, and goes on', async (test) => {
    const { expect } = test
    const [{ attemptsAt }] = await beRefused(test, {})

    await delay(LOOKED_ON_MS)

    expect(attemptsAt.length).toBeGreaterThanOrEqual(3)
  })

  it.concurrent('minRetryMs is the least time between two attempts', async (test) => {
    const { expect } = test
    const [{ attemptsAt }] = await beRefused(test, { minRetryMs: 3_000 })

    await delay(LOOKED_ON_MS)

    const gapsMs = attemptsAt.slice(1).map((at, index) => at - attemptsAt[index]!)
    expect(gapsMs.length).toBeGreaterThan(0)
    expect(Math.min(...gapsMs)).toBeGreaterThan(2_900)
  })

  it.concurrent('after maxRetries it only polls, until somebody asks', async (test) => {
    const { expect } = test
    const [{ attemptsAt, requests }, subscription] = await beRefused(test, { maxRetries: 2 })

    await delay(LOOKED_ON_MS)
    const attempts = attemptsAt.length
    const polls = requests()
    const { retryAt } = subscription.state
    subscription.retry()
    await expect.poll(() => attemptsAt.length).toBe(attempts + 1)

    expect(attempts).toBe(2)
    expect(polls).toBeGreaterThan(2)
    expect(retryAt! - Date.now()).toBeGreaterThan(280_000)
  })
})
