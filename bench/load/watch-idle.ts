import { Agent, get } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { percentile } from '../statistics.js'
import type { PeerControl } from './peer-control.js'

/** What the server does beside its idle sockets. */
export interface IdleFigures {
  readonly idleLoopP99Ms: number
  readonly idleLoopMaxMs: number
  readonly idleHealthP99Ms: number
}

const PROBE_INTERVAL_MS = 50

/** Lets the sockets sit while the server keeps its cadence, and asks for its health meanwhile. */
export async function watchIdle(
  control: PeerControl,
  port: number,
  durationMs: number,
): Promise<IdleFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const healthMs: number[] = []
  await control.usage('usage') // the event loop is looked at from here on
  const until = performance.now() + durationMs
  while (performance.now() < until) {
    const askedAt = performance.now()
    await askHealth(port, agent)
    healthMs.push(performance.now() - askedAt)
    await delay(PROBE_INTERVAL_MS)
  }
  agent.destroy()
  const { loopDelayP99Ms, loopDelayMaxMs } = await control.usage('usage')
  return {
    idleLoopP99Ms: loopDelayP99Ms,
    idleLoopMaxMs: loopDelayMaxMs,
    idleHealthP99Ms: percentile(healthMs, 0.99),
  }
}

function askHealth(port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = get({ host: '127.0.0.1', port, path: '/health', agent, timeout: 10_000 })
    call.once('response', (answer) => {
      answer.resume()
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve()
        else reject(new Error(`/health answered ${String(answer.statusCode)}`))
      })
    })
    call.once('timeout', () => call.destroy(new Error('/health did not answer within 10 s')))
    call.once('error', reject)
  })
}
