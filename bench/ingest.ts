import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { DashboardFigures, DashboardOptions } from './dashboards.js'
import { type Load, reportRuns } from './reporters.js'
import { startServer } from './server-process.js'

const USAGE = `Usage: npm run bench:ingest -- [--seconds 10] [--connections 8] [--dashboards 50]
         [--subprotocols pipecast.v1.patch,pipecast.v1]

How many events of 1 kB a second the server acknowledges (committed to a durable Postgres) over so
many connections, one event each request, while so many dashboards watch and keep their cadence.
Dashboards offer what our own client offers; --subprotocols pipecast.v1 does without patches.
Exits with 1 when it is less than 2,000 a second or a dashboard waited 10 % too long.
`

const FLOOR_PER_SECOND = 2_000
const CADENCE_MS = 5_000
const WARM_UP_MS = 2_000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '8' },
    dashboards: { type: 'string', default: '50' },
    subprotocols: { type: 'string', default: 'pipecast.v1.patch,pipecast.v1' },
    help: { type: 'boolean' },
  },
})
if (values.help === true) process.stdout.write(USAGE)
else {
  await main({
    durationMs: Number(values.seconds) * 1_000,
    connections: Number(values.connections),
    dashboards: Number(values.dashboards),
    subprotocols: values.subprotocols.split(','),
  })
}

interface Plan {
  readonly durationMs: number
  readonly connections: number
  readonly dashboards: number
  readonly subprotocols: readonly string[]
}

async function main(plan: Plan): Promise<void> {
  const { durationMs, connections, dashboards: count, subprotocols } = plan
  const server = await startServer({ MAX_CONNECTIONS_PER_ADDRESS: '1000', LOG_LEVEL: 'info' })
  const url = new URL(server.url)
  try {
    const watching = await startDashboards({ url: server.url, count, subprotocols })
    console.error(`${count} dashboards watch; warming up …`)
    await reportRuns(url, connections, WARM_UP_MS)
    console.error(`reporting over ${connections} connections for ${durationMs} ms …`)
    const startedAt = performance.now()
    const { delaysMs, failures } = await reportRuns(url, connections, durationMs)
    const perSecond = delaysMs.length / ((performance.now() - startedAt) / 1_000)
    // Then quiet, so that the cadence alone sends the updates.
    await new Promise((resolve) => setTimeout(resolve, CADENCE_MS * 2.2))
    report({ perSecond, delaysMs, failures, ...(await watching.stop()) })
  } finally {
    await server.stop()
  }
}

/** Dashboards in a thread of their own, so that what they receive does not slow the reporters. */
async function startDashboards(
  options: DashboardOptions,
): Promise<{ stop: () => Promise<DashboardFigures> }> {
  const worker = new Worker(new URL('./dashboards.js', import.meta.url), { workerData: options })
  await once(worker, 'message')
  return {
    stop: async () => {
      worker.postMessage('stop')
      const [figures] = (await once(worker, 'message')) as [DashboardFigures]
      return figures
    },
  }
}

function report(figures: Load & DashboardFigures & { readonly perSecond: number }): void {
  const sorted = figures.delaysMs.toSorted((one, other) => one - other)
  const at = (share: number) => (sorted[Math.ceil(share * sorted.length) - 1] ?? NaN).toFixed(1)
  const isFast = figures.perSecond >= FLOOR_PER_SECOND
  const isSteady = figures.longestGapMs <= CADENCE_MS * 1.1
  console.log(
    `acknowledged   ${figures.perSecond.toFixed(0)} events/s (at least ${FLOOR_PER_SECOND})`,
  )
  console.log(`refused        ${figures.failures}`)
  console.log(`time to 201    p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`)
  const megabytes = (figures.bytes / 1e6).toFixed(1)
  console.log(`updates        ${figures.updates} over all dashboards, ${megabytes} MB`)
  console.log(
    `longest gap    ${figures.longestGapMs.toFixed(0)} ms between updates (${CADENCE_MS} ± 10 %)`,
  )
  if (!isFast || !isSteady || figures.failures > 0) process.exitCode = 1
}
