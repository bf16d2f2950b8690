import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '../src/server/database/embedded-postgres.js'
import { migrateToLatest } from '../src/server/database/migrate-to-latest.js'
import { type Database, openDatabase } from '../src/server/database/open-database.js'
import { pipelineStatus } from '../src/server/status/pipeline-status.js'
import { createScheduleReader } from '../src/server/status/schedule.js'
import { readStatusFacts } from '../src/server/status/status.queries.js'
import { seedBoard } from './seed-board.js'

const USAGE = `Usage: npm run bench:snapshot -- [--jobs 2000] [--runs 1000000] [--rounds 50]

What one snapshot costs: reading the facts, judging them, and encoding the document. It runs on an
embedded Postgres in a temporary folder, with 30 days of made-up runs, and exits with 1 when the
median of the whole takes 50 ms or more.
`

const LIMIT_MS = 50
const WARM_UP_ROUNDS = 5

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '2000' },
    runs: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '50' },
    help: { type: 'boolean' },
  },
})
if (values.help === true) {
  process.stdout.write(USAGE)
} else {
  await main(Number(values.jobs), Number(values.runs), Number(values.rounds))
}

async function main(jobs: number, runs: number, rounds: number): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pipecast-bench-'))
  await chmod(dataDir, 0o755) // as root, Postgres runs as another user
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false })
  const database = openDatabase({
    connectionString: postgres.connectionString,
    poolMax: 2,
    timeoutMs: 600_000,
  })
  try {
    await migrateToLatest(database.kysely)
    console.error(`seeding ${jobs} jobs and ${runs} runs …`)
    const seededMs = await timed(() => seedBoard(database.pool, { jobs, runs }))
    console.error(`seeded in ${(seededMs.ms / 1000).toFixed(1)} s`)
    report(await measure(database, rounds), { jobs, runs })
  } finally {
    await database.close()
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

interface Costs {
  readonly read: number
  readonly judge: number
  readonly encode: number
  readonly bytes: number
}

async function measure(database: Database, rounds: number): Promise<readonly Costs[]> {
  const nextTick = createScheduleReader()
  const costs: Costs[] = []
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const now = new Date()
    const facts = await timed(() => readStatusFacts(database.kysely, now))
    const status = await timed(() =>
      pipelineStatus(facts.result, { now: now.getTime(), nextTick }, false),
    )
    const json = await timed(() => JSON.stringify(status.result))
    if (round < 0) continue
    costs.push({ read: facts.ms, judge: status.ms, encode: json.ms, bytes: json.result.length })
  }
  return costs
}

async function timed<T>(work: () => T | Promise<T>): Promise<{ result: T; ms: number }> {
  const startedAt = performance.now()
  const result = await work()
  return { result, ms: performance.now() - startedAt }
}

function report(costs: readonly Costs[], size: { jobs: number; runs: number }): void {
  const total = quantiles(costs.map(({ read, judge, encode }) => read + judge + encode))
  console.log(`one snapshot of ${size.jobs} jobs with ${size.runs} runs, ${costs.length} rounds`)
  console.log('             median      p95')
  for (const part of ['read', 'judge', 'encode'] as const) {
    console.log(row(part, quantiles(costs.map((cost) => cost[part]))))
  }
  console.log(row('total', total))
  console.log(`document     ${((costs[0]?.bytes ?? 0) / 1024).toFixed(0)} KiB`)
  console.log(`limit        ${LIMIT_MS} ms: ${total.median < LIMIT_MS ? 'kept' : 'BROKEN'}`)
  if (total.median >= LIMIT_MS) process.exitCode = 1
}

interface Quantiles {
  readonly median: number
  readonly p95: number
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN
  return { median: at(0.5), p95: at(0.95) }
}

function row(name: string, { median, p95 }: Quantiles): string {
  return `${name.padEnd(9)}${median.toFixed(1).padStart(7)} ms${p95.toFixed(1).padStart(7)} ms`
}
