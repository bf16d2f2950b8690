import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../src/server/database/embedded-postgres.js'

/** A durable Postgres of our own for one run, of which the reads of snapshots can be counted. */
export interface BenchDatabase {
  readonly connectionString: string
  readonly client: pg.Client
  /** How often a snapshot is read while some work is done. */
  countReads(work: () => Promise<void>): Promise<number>
  stop(): Promise<void>
}

/** The totals are read for each snapshot, and for nothing else. */
const COUNT_READS = `
  SELECT coalesce(sum(calls), 0)::integer AS reads FROM pg_stat_statements
  WHERE query LIKE '%AS "runs24h"%'`

/** Starts it in a temporary folder. */
export async function startBenchDatabase(): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pipecast-bench-'))
  await chmod(dataDir, 0o755) // as root, Postgres runs as another user
  const postgres = await startEmbeddedPostgres({ dataDir })
  const client = new pg.Client({ connectionString: postgres.connectionString })
  await client.connect()
  await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
  const reads = async () => {
    const { rows } = await client.query<{ reads: number }>(COUNT_READS)
    return rows[0]?.reads ?? 0
  }
  return {
    connectionString: postgres.connectionString,
    client,
    countReads: async (work) => {
      const before = await reads()
      await work()
      return (await reads()) - before
    },
    stop: async () => {
      await client.end()
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
