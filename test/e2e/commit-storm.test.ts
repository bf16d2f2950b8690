import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { PipelineStatus } from '../../src/protocol/index.js'
import { DocumentFollower } from '../support/document-follower.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { countSnapshotReads } from '../support/snapshot-reads.js'
import { openSocket, PIPELINE_STATUS_PATH, type WireFrame } from '../support/socket-client.js'
import { openStream, PIPELINE_STATUS_STREAM } from '../support/stream-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const COMMITS = 1_500
const WRITERS = 4
const JOBS = 20
const EACH = 5

/** The feed rests after a read, in a storm of that length 100 ms at most; then comes the last read. */
const MAX_REST_MS = 100

/** A commit is seen so much later than the read for it could begin; a busy machine needs longer. */
const SOON_MS = 25
const BUSY_FACTOR = 20

let database: TestDatabase
let server: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.connectionString })
})

afterAll(async () => {
  await server.kill()
  await database.drop()
})

interface Heard {
  readonly receivedAt: number
  readonly frame: WireFrame
}

/** When what a client knew was complete. */
function completeAt(heard: readonly Heard[], runs: number): number | undefined {
  const follower = new DocumentFollower()
  return heard.find(({ frame }) => {
    follower.take(frame as never)
    const { sources = {} } = (follower.document ?? {}) as unknown as Partial<PipelineStatus>
    return Object.values(sources).reduce((sum, { running }) => sum + running, 0) === runs
  })?.receivedAt
}

/** @returns when the last commit was acknowledged. */
async function commitAll(): Promise<number> {
  const writers = Array.from({ length: WRITERS }, () => new pg.Client(database.connectionString))
  await Promise.all(writers.map((writer) => writer.connect()))
  let next = 0
  await Promise.all(
    writers.map(async (writer) => {
      for (let index = next++; index < COMMITS; index = next++) {
        await writer.query('SELECT pipecast.start($1)', [`job-${index % JOBS}`])
      }
    }),
  )
  const lastAt = performance.now()
  await Promise.all(writers.map((writer) => writer.end()))
  return lastAt
}

it('[P3.3] [P6.1] 1,500 commits cost few reads, and everybody knows the last one soon', {
  timeout: 90_000,
}, async () => {
  const socket = async (query: string, protocol: string) => {
    const url = server.socketUrl + PIPELINE_STATUS_PATH + query
    const client = await openSocket(url, { protocols: [protocol], localAddress: '127.0.2.1' })
    onTestFinished(() => client.leave())
    const heard = () => client.parsed.map((frame, index) => ({ frame, ...client.frames[index]! }))
    return { heard, runs: query === '' ? COMMITS : COMMITS / JOBS }
  }
  const stream = async (localAddress: string) => {
    const client = await openStream(server.url + PIPELINE_STATUS_STREAM, { localAddress })
    onTestFinished(() => client.leave())
    return { heard: () => client.messages, runs: COMMITS }
  }
  const clients = await Promise.all(
    Array.from({ length: EACH }, (_, index) => [
      socket('', 'pipecast.v1'),
      stream('127.0.2.2'),
      socket(`?sources=job-${index}`, 'pipecast.v1.patch'),
    ]).flat(),
  )
  const reads = await countSnapshotReads(database.connectionString)
  onTestFinished(() => reads.close())
  let [tookMs, lastAt] = [0, 0]
  const count = await reads.during(async () => {
    const beganAt = performance.now()
    lastAt = await commitAll()
    tookMs = lastAt - beganAt
    await delay(MAX_REST_MS + SOON_MS * BUSY_FACTOR)
  })

  const laterMs = clients.map(({ heard, runs }) => (completeAt(heard(), runs) ?? NaN) - lastAt)
  console.log(
    `${COMMITS} commits in ${tookMs.toFixed(0)} ms: ${count} reads; ${clients.length} clients knew the last one ${Math.min(...laterMs).toFixed(0)} to ${Math.max(...laterMs).toFixed(0)} ms later`,
  )
  expect(count).toBeLessThan(COMMITS / 4)
  for (const ms of laterMs) expect(ms).toBeLessThan(MAX_REST_MS + SOON_MS * BUSY_FACTOR)
})
