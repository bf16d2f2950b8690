import fc from 'fast-check'
import type pg from 'pg'
import { RUN_LETTERS, type RunState } from '../../src/protocol/index.js'
import { at, type RunRow } from './recent-runs.js'
import { runIdOf } from './run-events.js'

/** A run of one job as the table holds it, with what only the table knows. */
export interface StoredRun extends RunRow {
  readonly rowsWritten: number | null
}

const states = Object.keys(RUN_LETTERS) as RunState[]
const start = at('08:00:00')
const parentRunIds = Array.from({ length: 25 }, (_, number) => runIdOf(9_000 + number))

/** Any run: states, starts that collide, ends before the start, starts that are only a guess. */
export const storedRun: fc.Arbitrary<StoredRun> = fc
  .record({
    runId: fc.uuid(),
    state: fc.constantFrom(...states, 'COMPLETED' as const, 'COMPLETED' as const),
    startedAt: fc.integer({ min: 0, max: 60 }).map((minute) => start + minute * 60_000),
    tookMs: fc.integer({ min: -1_000, max: 120_000 }),
    heardMs: fc.nat(1_000_000),
    hasStart: fc.integer({ min: 0, max: 9 }).map((dice) => dice > 0),
    rowsWritten: fc.option(fc.nat(1_000)),
    parentRunId: fc.option(fc.constantFrom(...parentRunIds), { freq: 2 }),
  })
  .map(({ tookMs, heardMs, ...run }) => ({
    ...run,
    endedAt: isOver(run.state) ? run.startedAt + tookMs : null,
    heardAt: start + heardMs,
  }))

function isOver(state: RunState): boolean {
  return state !== 'NEW' && state !== 'RUNNING'
}

/** Writes runs of the job `default/load` as they are, in one statement. */
export async function writeRuns(pool: pg.Pool, runs: readonly StoredRun[]): Promise<void> {
  const rows = runs.map((run) => ({
    ...run,
    startedAt: new Date(run.startedAt),
    endedAt: run.endedAt === null ? null : new Date(run.endedAt),
    heardAt: new Date(run.heardAt),
  }))
  await pool.query(
    `INSERT INTO pipecast.job (id, namespace, name)
     VALUES (pipecast.job_id('default', 'load'), 'default', 'load') ON CONFLICT DO NOTHING`,
  )
  await pool.query(
    `INSERT INTO pipecast.run (run_id, job_id, state, started_at, ended_at, last_received_at,
       has_start, rows_written, rows_written_at, decided_class, decided_at, decided_rank,
       decided_by, first_event_at, last_event_at, parent_run_id)
     SELECT "runId", pipecast.job_id('default', 'load'), state, "startedAt", "endedAt", "heardAt",
       "hasStart", "rowsWritten", "startedAt", 0, "startedAt", 0, '', "startedAt", "startedAt",
       "parentRunId"
     FROM jsonb_to_recordset($1) AS r ("runId" uuid, state text, "startedAt" timestamptz,
       "endedAt" timestamptz, "heardAt" timestamptz, "hasStart" boolean, "rowsWritten" bigint,
       "parentRunId" uuid)
     ON CONFLICT (run_id) DO UPDATE SET state = excluded.state, started_at = excluded.started_at,
       ended_at = excluded.ended_at, last_received_at = excluded.last_received_at,
       has_start = excluded.has_start, rows_written = excluded.rows_written,
       rows_written_at = excluded.rows_written_at, parent_run_id = excluded.parent_run_id`,
    [JSON.stringify(rows)],
  )
}

/** Removes runs, as retention does. */
export async function deleteRuns(pool: pg.Pool, runs: readonly StoredRun[]): Promise<void> {
  const runIds = runs.map((run) => run.runId)
  await pool.query('DELETE FROM pipecast.run WHERE run_id = ANY ($1)', [runIds])
}
