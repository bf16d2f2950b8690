import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { type ServerProcess, startServer } from './server-process.js'
import { createTestDatabase, type TestDatabase } from './test-database.js'
import {
  readWrappedRuns,
  runBash,
  runWrapped,
  type WrappedCommand,
  type WrappedRunRow,
  type WrapperEnd,
} from './wrapped-command.js'

/** A command to wrap; it is reported to the built server unless another address is given. */
export interface ReportedCommand extends Omit<WrappedCommand, 'env'> {
  readonly url?: string
  readonly env?: Readonly<Record<string, string>>
}

/** The built server, and wrapped commands that report to it. */
export interface WrappedRuns {
  /** The only temporary folder that wrappers know. */
  readonly folder: () => string
  readonly databaseUrl: () => string
  /** The command with its whole environment. */
  readonly inFolder: (given: ReportedCommand) => WrappedCommand
  readonly wrapped: (given: ReportedCommand) => Promise<WrapperEnd>
  /** Runs a script of bash, in which `$WRAP job -- …` starts a wrapped command. */
  readonly bash: (script: string) => Promise<string>
  readonly rowsOf: (job: string, namespace?: string) => Promise<readonly WrappedRunRow[]>
  /** What the server says of a job of the namespace `default`. */
  readonly readJob: (job: string) => Promise<unknown>
}

/** Starts a server with a database of its own before the tests of a file, and ends both after. */
export function useWrappedRuns(): WrappedRuns {
  let folder: string
  let database: TestDatabase
  let server: ServerProcess
  let pool: pg.Pool
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pipecast-wrapped-'))
    database = await createTestDatabase()
    server = await startServer({ databaseUrl: database.connectionString })
    pool = new pg.Pool({ connectionString: database.connectionString, max: 1 })
    pool.on('error', () => undefined) // the database is dropped under it
  })
  afterAll(async () => {
    await pool.end()
    await server.kill()
    await database.drop()
    rmSync(folder, { recursive: true })
  })
  const environment = (url = server.url) => ({ TMPDIR: folder, PIPECAST_URL: url })
  const inFolder = ({ url, env, ...given }: ReportedCommand): WrappedCommand => ({
    ...given,
    env: { ...environment(url), ...env },
  })
  return {
    folder: () => folder,
    databaseUrl: () => database.connectionString,
    inFolder,
    wrapped: (given) => runWrapped(inFolder(given)),
    bash: (script) => runBash(script, environment()),
    readJob: (job) => server.getJson(`/api/v1/namespaces/default/jobs/${job}`),
    rowsOf: (job, namespace) => readWrappedRuns(pool, job, namespace),
  }
}
