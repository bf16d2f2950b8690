import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { DashboardFigures } from './dashboards.js'
import { startServer } from './server-process.js'

const USAGE = `Usage: npm run bench:ingest -- [--seconds 10] [--connections 8] [--dashboards 50]

How many events of 1 kB a second the server acknowledges (committed to a durable Postgres) over so
many connections, one event each request, while so many dashboards watch and keep their cadence.
Exits with 1 when it is less than 2,000 a second or a dashboard waited 10 % too long.
`

const FLOOR_PER_SECOND = 2_000
const CADENCE_MS = 5_000
const JOBS = 200
const WARM_UP_MS = 2_000
/** Brings an event to 1 kB. */
const padding = 'x'.repeat(560)

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '8' },
    dashboards: { type: 'string', default: '50' },
    help: { type: 'boolean' },
  },
})
if (values.help === true) process.stdout.write(USAGE)
else await main(Number(values.seconds), Number(values.connections), Number(values.dashboards))

async function main(seconds: number, connections: number, dashboards: number): Promise<void> {
  const server = await startServer({ MAX_CONNECTIONS_PER_ADDRESS: '1000', LOG_LEVEL: 'info' })
  try {
    const watching = await startDashboards(server.url, dashboards)
    console.error(`${dashboards} dashboards watch; warming up …`)
    await load(server.url, connections, WARM_UP_MS)
    console.error(`reporting over ${connections} connections for ${seconds} s …`)
    const startedAt = performance.now()
    const { delaysMs, failures } = await load(server.url, connections, seconds * 1_000)
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
  url: string,
  count: number,
): Promise<{ stop: () => Promise<DashboardFigures> }> {
  const worker = new Worker(new URL('./dashboards.js', import.meta.url), {
    workerData: { url, count },
  })
  await once(worker, 'message')
  return {
    stop: async () => {
      worker.postMessage('stop')
      const [figures] = (await once(worker, 'message')) as [DashboardFigures]
      return figures
    },
  }
}

interface Load {
  /** How long each acknowledged event took. */
  readonly delaysMs: number[]
  readonly failures: number
}

async function load(url: string, connections: number, durationMs: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const until = performance.now() + durationMs
  const delaysMs: number[] = []
  let failures = 0
  const worker = async () => {
    for (;;) {
      const runId = randomUUID()
      for (const type of ['START', 'COMPLETE']) {
        if (performance.now() >= until) return
        const startedAt = performance.now()
        const status = await post(url, agent, event(type, runId))
        if (status === 201) delaysMs.push(performance.now() - startedAt)
        else failures += 1
      }
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  agent.destroy()
  return { delaysMs, failures }
}

function event(eventType: string, runId: string): string {
  return JSON.stringify({
    eventType,
    eventTime: new Date().toISOString(),
    run: { runId, facets: { nominalTime: { nominalStartTime: new Date().toISOString() } } },
    job: {
      namespace: 'bench',
      name: `job-${Math.floor(Math.random() * JOBS)}`,
      facets: { sql: { query: padding } },
    },
    producer: 'https://example.com/bench',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  })
}

function post(url: string, agent: Agent, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${url}/api/v1/lineage`,
      {
        method: 'POST',
        agent,
        headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
      },
      (answer) => {
        answer.resume()
        answer.once('end', () => resolve(answer.statusCode))
      },
    )
    call.once('error', reject)
    call.end(body)
  })
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
  console.log(`updates        ${figures.updates} over all dashboards`)
  console.log(
    `longest gap    ${figures.longestGapMs.toFixed(0)} ms between updates (${CADENCE_MS} ± 10 %)`,
  )
  if (!isFast || !isSteady || figures.failures > 0) process.exitCode = 1
}
