import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { Workplace } from './documented-snippets.js'
import { type ServerProcess, startServer } from './server-process.js'
import { emptyTables } from './table-contents.js'
import { createTestDatabase, type TestDatabase } from './test-database.js'

/** A run as the table holds it. */
export type RunRow = Readonly<Record<string, unknown>>

/** A folder with the job of a reader of the documents, and the built server to report to. */
export interface ReportingWorkplace {
  /** The folder and the environment; more variables win. */
  readonly where: (more?: Readonly<Record<string, string>>) => Workplace
  readonly server: () => ServerProcess
  readonly pool: () => pg.Pool
  /** The runs of a job of the namespace `default`, oldest first. */
  readonly runsOf: (job: string) => Promise<readonly RunRow[]>
  /** What the server says of a job of the namespace `default`. */
  readonly readJob: (job: string) => Promise<unknown>
  /** Says what is expected of such a job; resolves with the answer. */
  readonly putJob: (job: string, body: object) => Promise<unknown>
}

/** One of the two tokens that the server takes. */
export const REPORTER_TOKEN = 'a-token-of-the-reporter'

const CLI_MAIN = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'main.js')

/** The job: it waits for the file LOAD_UNTIL and fails with LOAD_EXIT, where these are set. */
const JOB_FILES: Readonly<Record<string, string>> = {
  'nightly-load.sh': `#!/bin/sh
echo loading
while [ -n "\${LOAD_UNTIL:-}" ] && [ ! -e "\$LOAD_UNTIL" ]; do sleep 0.02; done
[ "\${LOAD_EXIT:-0}" = 0 ] || echo 'disk full' >&2
exit "\${LOAD_EXIT:-0}"
`,
  'nightly_load.py': `import os
def load():
    if os.environ.get("LOAD_EXIT"): raise RuntimeError("disk full")
`,
  'nightly-load.js': `export async function load() {
  if (process.env.LOAD_EXIT) throw new Error('disk full')
}
`,
  'package.json': '{"type": "module"}',
  'load.sql': "SELECT 1 / (current_setting('test.fails') = 'no')::int;",
  'bin/pipecast': `#!/bin/sh\nexec '${process.execPath}' '${CLI_MAIN}' "$@"\n`,
  'bin/node': `#!/bin/sh\nexec '${process.execPath}' "$@"\n`,
}

/** Sets the workplace up before the tests of a file; each test begins without jobs. */
export function useReportingWorkplace(): ReportingWorkplace {
  let folder: string
  let database: TestDatabase
  let server: ServerProcess
  let pool: pg.Pool
  beforeAll(async () => {
    folder = makeFolder()
    database = await createTestDatabase()
    server = await startServer({
      databaseUrl: database.connectionString,
      env: { INGEST_TOKENS: `a-token-of-somebody-else,${REPORTER_TOKEN}` },
    })
    pool = new pg.Pool({ connectionString: database.connectionString, max: 2 })
    pool.on('error', () => undefined) // the database is dropped under it
  })
  beforeEach(() => emptyTables(pool))
  afterAll(async () => {
    await pool.end()
    await server.kill()
    await database.drop()
    rmSync(folder, { recursive: true })
  })
  const pathOf = (job: string) => `/api/v1/namespaces/default/jobs/${job}`
  return {
    where: (more = {}) => ({
      folder,
      env: {
        PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        HOME: folder,
        PYTHONDONTWRITEBYTECODE: '1',
        PIPECAST_URL: server.url,
        PIPECAST_TOKEN: REPORTER_TOKEN,
        DATABASE_URL: database.connectionString,
        ...more,
      },
    }),
    server: () => server,
    pool: () => pool,
    runsOf: (job) => readRuns(pool, job),
    readJob: (job) => server.getJson(pathOf(job)),
    putJob: (job, body) => putJson(`${server.url}${pathOf(job)}`, body),
  }
}

async function readRuns(pool: pg.Pool, job: string): Promise<readonly RunRow[]> {
  const { rows } = await pool.query<RunRow>(
    `SELECT run.* FROM pipecast.run JOIN pipecast.job ON job.id = run.job_id
     WHERE job.namespace = 'default' AND job.name = $1 ORDER BY run.started_at, run.run_id`,
    [job],
  )
  return rows
}

async function putJson(url: string, body: object): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${REPORTER_TOKEN}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  return answer.json()
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipecast-reporting-'))
  mkdirSync(join(folder, 'bin'))
  for (const [name, text] of Object.entries(JOB_FILES)) {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}
