import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { type BenchDatabase, startBenchDatabase } from './bench-database.js'
import { Follower } from './follower.js'
import type { NearCores } from './near-cores.js'
import type { Measurement } from './results.js'
import type { Progress } from './rounds.js'
import { seedBoard } from './seed-board.js'
import { type BenchServer, startServer } from './server-process.js'
import { sharedNowMs } from './shared-clock.js'
import { median, percentile } from './statistics.js'

/** What is measured of the whole server with its database, in milliseconds where not said. */
export interface WholeServerFigures {
  /** From the answer to COMMIT until the last socket has the update whole. */
  readonly commitToLastP50Ms?: number
  readonly commitToLastP99Ms?: number
  /** The same from the sending of COMMIT: what the disk takes is in it. */
  readonly commitSentToLastP99Ms?: number
  readonly stormCommitsPerSecond?: number
  readonly stormReads?: number
  /** How far the last socket is behind each commit of the storm. */
  readonly stormBehindP50Ms?: number
  readonly stormBehindP99Ms?: number
  /** Reads of the database at each tick, with all sockets connected. */
  readonly readsPerTick?: number
}

/** How the results call it. */
export const WHOLE_SERVER = 'whole server'

const COMMITS = 200
const WARM_UP_COMMITS = 20
const COMMIT_PAUSE_MS = 40
const COMMIT_TIMEOUT_MS = 10_000
const STORM_COMMITS = 1_500
const STORM_MS = 1_600
const STORM_WRITERS = 4
const STORM_SOCKETS = 1_000
/** With more, what a commit takes says more about the load generator than about the server. */
const MAX_SOCKETS_TO_TIME = 1_000
const MIN_SOCKETS_TO_COUNT_READS = 1_000
const TICKS = 3
const TICK_MS = 5_000

const COMMIT_ONE = `INSERT INTO pipecast.queue (name, depth) VALUES ($1, 1)
  ON CONFLICT (name) DO UPDATE SET depth = pipecast.queue.depth + 1`

/** What to measure of it. */
export interface WholeServerPlan {
  readonly sockets: readonly number[]
  readonly nearCores?: NearCores | undefined
  /** Ends the run. */
  readonly signal: AbortSignal
}

/** Measures the built server on a Postgres of its own, with each of these numbers of sockets. */
export async function measureWholeServer(
  { sockets, nearCores, signal }: WholeServerPlan,
  progress: Progress,
): Promise<readonly Measurement[]> {
  const database = await startBenchDatabase()
  try {
    const server = await startServer({
      DATABASE_URL: database.connectionString,
      MAX_CONNECTIONS: String(Math.max(...sockets) + 100),
    })
    try {
      await seed(database)
      const measurements: Measurement[] = []
      for (const count of sockets) {
        progress(`the whole server on Postgres, ${count} sockets …`)
        const take = () => measure({ database, server, sockets: count, signal })
        const figures = await (nearCores?.measure(take) ?? take())
        measurements.push({ round: 1, peer: WHOLE_SERVER, sockets: count, figures })
      }
      return measurements
    } finally {
      await server.stop()
    }
  } finally {
    await database.stop()
  }
}

async function seed(database: BenchDatabase): Promise<void> {
  const pool = new pg.Pool({ connectionString: database.connectionString, max: 1 })
  await seedBoard(pool, { jobs: 50, runs: 20_000 })
  await pool.end()
}

interface WatchedServer {
  readonly database: BenchDatabase
  readonly server: BenchServer
  readonly sockets: number
  readonly signal: AbortSignal
}

async function measure(watched: WatchedServer): Promise<WholeServerFigures> {
  const { database, server, sockets, signal } = watched
  await database.client.query('DELETE FROM pipecast.queue')
  const port = Number(new URL(server.url).port)
  const follower = await Follower.start({ port, sockets }, signal)
  try {
    const isTimed = sockets <= MAX_SOCKETS_TO_TIME
    const single = isTimed ? await commitOneByOne(database, follower) : {}
    if (sockets < MIN_SOCKETS_TO_COUNT_READS) return single
    const reads = await database.countReads(() => delay(TICKS * TICK_MS, undefined, { signal }))
    const stormy = sockets === STORM_SOCKETS ? await storm(database, follower) : {}
    return { ...single, ...stormy, readsPerTick: reads / TICKS }
  } finally {
    await follower.stop()
  }
}

async function commitOneByOne(
  { client }: BenchDatabase,
  follower: Follower,
): Promise<WholeServerFigures> {
  const fromSentMs: number[] = []
  const fromDoneMs: number[] = []
  for (let index = -WARM_UP_COMMITS; index < COMMITS; index += 1) {
    await client.query('BEGIN')
    await client.query(COMMIT_ONE, ['single'])
    const sentAt = sharedNowMs()
    await client.query('COMMIT')
    const doneAt = sharedNowMs()
    const { lastAt } = await follower.sees(index + WARM_UP_COMMITS + 1, COMMIT_TIMEOUT_MS)
    if (index >= 0) {
      fromSentMs.push(lastAt - sentAt)
      fromDoneMs.push(lastAt - doneAt)
    }
    await delay(COMMIT_PAUSE_MS * (0.5 + Math.random())) // so that it does not keep step with a tick
  }
  return {
    commitToLastP50Ms: median(fromDoneMs),
    commitToLastP99Ms: percentile(fromDoneMs, 0.99),
    commitSentToLastP99Ms: percentile(fromSentMs, 0.99),
  }
}

type Storm = Pick<
  WholeServerFigures,
  'stormCommitsPerSecond' | 'stormReads' | 'stormBehindP50Ms' | 'stormBehindP99Ms'
>

/** Commits in quick succession over several connections: reads must not keep step with them. */
async function storm(database: BenchDatabase, follower: Follower): Promise<Storm> {
  const before = COMMITS + WARM_UP_COMMITS
  const doneAt: number[] = []
  const stormReads = await database.countReads(async () => {
    await Promise.all(
      Array.from({ length: STORM_WRITERS }, (_, writer) =>
        writeSteadily(database.connectionString, writer, doneAt),
      ),
    )
    await follower.sees(before + STORM_COMMITS, COMMIT_TIMEOUT_MS)
  })
  doneAt.sort((one, other) => one - other)
  const behindMs = doneAt.map((at, index) => {
    const update = follower.updates.find(({ queued }) => (queued ?? -1) > before + index)
    return (update?.lastAt ?? Number.NaN) - at
  })
  const tookMs = (doneAt.at(-1) ?? 0) - (doneAt[0] ?? 0)
  return {
    stormCommitsPerSecond: (doneAt.length * 1_000) / tookMs,
    stormReads,
    stormBehindP50Ms: median(behindMs),
    stormBehindP99Ms: percentile(behindMs, 0.99),
  }
}

async function writeSteadily(
  connectionString: string,
  writer: number,
  doneAt: number[],
): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  const commits = STORM_COMMITS / STORM_WRITERS
  const startedAt = sharedNowMs()
  for (let index = 0; index < commits; index += 1) {
    const earlyMs = startedAt + (index * STORM_MS) / commits - sharedNowMs()
    if (earlyMs > 1) await delay(earlyMs)
    await client.query(COMMIT_ONE, [`storm-${writer}`])
    doneAt.push(sharedNowMs())
  }
  await client.end()
}
