import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { median, percentile } from '../statistics.js'
import { Crowd } from './crowd.js'
import type { LoadAnswer, LoadFigures, LoadPlan } from './load-plan.js'
import { openPeerControl, type PeerControl } from './peer-control.js'
import { watchIdle } from './watch-idle.js'

// The load generator as a process of its own: takes one plan, answers it, and ends.

const WARM_UP_SOCKETS = 200
const WARM_UP_UPDATES = 50
/** The heap of a server breathes by a few MB. */
const MIN_SOCKETS_TO_WEIGH = 1_000
const SETTLE_MS = 700
const MIN_UPDATES = 5
const QUIET_MS = 100

process.once('disconnect', () => process.exit(1))
process.once('message', (plan: LoadPlan) => {
  run(plan)
    .then((figures): LoadAnswer => ({ figures }))
    .catch((error: unknown): LoadAnswer => ({ failure: (error as Error).message }))
    .then((answer) => process.send?.(answer, () => process.exit(0)))
    .catch(() => process.exit(1))
})

async function run(plan: LoadPlan): Promise<LoadFigures> {
  const control = await openPeerControl(plan.controlPort)
  await warmUp(plan, control)
  const before = await control.usage('collect')
  const crowd = new Crowd(plan)
  const ownBefore = process.cpuUsage()
  const opening = await crowd.open()
  const own = process.cpuUsage(ownBefore)
  await delay(SETTLE_MS)
  const settled = await control.usage('collect')
  const idle = plan.idleMs > 0 ? await watchIdle(control, plan.port, plan.idleMs) : {}
  const updates = await sendBackToBack(crowd, control, plan)
  crowd.leave()
  control.close()
  return {
    openedPerSecond: (plan.sockets * 1_000) / opening.tookMs,
    openingCeilingPerSecond: (plan.sockets * 1e6) / (own.user + own.system),
    firstDataP99Ms: percentile(opening.firstDataMs, 0.99),
    ...(plan.sockets < MIN_SOCKETS_TO_WEIGH
      ? {}
      : { idleSocketKb: (settled.rssBytes - before.rssBytes) / plan.sockets / 1_000 }),
    ...idle,
    ...updates,
  }
}

/** A first crowd, so that neither the code nor the heap of the server is new to its work. */
async function warmUp(plan: LoadPlan, control: PeerControl): Promise<void> {
  const crowd = new Crowd({ ...plan, sockets: WARM_UP_SOCKETS })
  await crowd.open()
  for (let index = 0; index < WARM_UP_UPDATES; index += 1) await crowd.nextUpdate(control.publish)
  crowd.leave()
  await delay(SETTLE_MS)
}

async function sendBackToBack(crowd: Crowd, control: PeerControl, plan: LoadPlan) {
  // After this every socket's own cadence is as far away as it can be.
  await crowd.nextUpdate(control.publish)
  await delay(QUIET_MS)
  for (const until = performance.now() + plan.warmUpMs; performance.now() < until; ) {
    await crowd.nextUpdate(control.publish)
  }
  const spreadsMs: number[] = []
  const serverBefore = await control.usage('usage')
  const ownBefore = process.cpuUsage()
  const bytesBefore = crowd.receivedBytes
  const startedAt = performance.now()
  const until = startedAt + plan.durationMs
  let endedAt = startedAt
  while (endedAt < until || spreadsMs.length < MIN_UPDATES) {
    const { firstAt, lastAt } = await crowd.nextUpdate(control.publish)
    spreadsMs.push(lastAt - firstAt)
    endedAt = lastAt
  }
  const own = process.cpuUsage(ownBefore)
  const server = await control.usage('usage')
  const deliveries = spreadsMs.length * plan.sockets
  return {
    deliveriesPerSecond: (deliveries * 1_000) / (endedAt - startedAt),
    cpuSecondsPerMillion: ((server.cpuMs - serverBefore.cpuMs) * 1_000) / deliveries,
    generatorCeilingPerSecond: (deliveries * 1e6) / (own.user + own.system),
    firstToLastMs: median(spreadsMs),
    bytesPerUpdate: (crowd.receivedBytes - bytesBefore) / deliveries,
  }
}
