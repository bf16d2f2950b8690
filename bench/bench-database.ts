import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
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

/** Each snapshot reads the queues once, and nothing else does. */
const READ_OF_A_SNAPSHOT = /select .* from "pipecast"\."queue"/g

/** Starts it in a temporary folder. */
export async function startBenchDatabase(): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pipecast-bench-'))
  await chmod(dataDir, 0o755) // as root, Postgres runs as another user
  const postgres = await startEmbeddedPostgres({ dataDir })
  const client = new pg.Client({ connectionString: postgres.connectionString })
  await client.connect()
  const logged = async () => {
    const [home = ''] = (await readdir(dataDir)).filter((name) => name.startsWith('postgres-'))
    const text = await readFile(join(dataDir, home, 'postgres.log'), 'utf8')
    return text.match(READ_OF_A_SNAPSHOT)?.length ?? 0
  }
  const logStatements = async (which: 'all' | 'none') => {
    await client.query(`ALTER SYSTEM SET log_statement = '${which}'`)
    await client.query('SELECT pg_reload_conf(), pg_sleep(0.1)')
  }
  return {
    connectionString: postgres.connectionString,
    client,
    countReads: async (work) => {
      const before = await logged()
      await logStatements('all')
      await work()
      await logStatements('none')
      return (await logged()) - before
    },
    stop: async () => {
      await client.end()
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
