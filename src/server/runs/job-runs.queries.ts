import { type Kysely, sql } from 'kysely'
import type { RunState } from '../../protocol/index.js'
import type { Schema } from '../database/schema.js'
import type { JobName } from './jobs.queries.js'
import type { RunPosition } from './run-page.js'

/** A run as it stands. Instants are milliseconds since 1970; `null` is not known, or not so. */
export interface RunFacts {
  readonly runId: string
  readonly namespace: string
  readonly job: string
  readonly state: RunState
  /** Its start, or the earliest that is known of it. */
  readonly startedAt: number
  readonly endedAt: number | null
  /** `null` while it runs, and when its start is not known. */
  readonly durationMs: number | null
  readonly error: string | null
  readonly exitCode: number | null
  readonly logTail: string | null
  readonly rowsWritten: number | null
  readonly bytesWritten: number | null
  readonly parentRunId: string | null
  readonly rootRunId: string | null
  readonly progressDone: number | null
  readonly progressTotal: number | null
  readonly nominalStartAt: number | null
  readonly nominalEndAt: number | null
  readonly position: RunPosition
}

/** Which runs of a job to read. */
export interface RunSelection {
  readonly job: JobName
  /** At least 1. */
  readonly limit: number
  /** Runs come after it; `null` for the newest. */
  readonly after: RunPosition | null
  /** `null` for all. */
  readonly state: RunState | null
}

/** The runs of a job, newest first. */
export async function readJobRuns(
  kysely: Kysely<Schema>,
  { job, limit, after, state }: RunSelection,
): Promise<readonly RunFacts[]> {
  const isAfter =
    after === null
      ? sql`true`
      : sql`(r.started_at, r.run_id) < (${after.startedAt}::timestamptz, ${after.runId}::uuid)`
  const isInState = state === null ? sql`true` : sql`r.state = ${state}`
  const { rows } = await sql<RunFacts>`
    ${selectRuns}
    WHERE r.job_id = pipecast.job_id(${job.namespace}, ${job.name}) AND ${isAfter} AND ${isInState}
    ORDER BY r.started_at DESC, r.run_id DESC LIMIT ${limit}`.execute(kysely)
  return rows
}

/** @returns `null` when there is no such run. */
export async function readRun(kysely: Kysely<Schema>, runId: string): Promise<RunFacts | null> {
  const { rows } = await sql<RunFacts>`${selectRuns} WHERE r.run_id = ${runId}::uuid`.execute(
    kysely,
  )
  return rows[0] ?? null
}

/** An instant as milliseconds; a float, because pg hands out bigints as text. */
const ms = (column: string) => sql`(extract(epoch FROM ${sql.ref(column)}) * 1000)::float8`

const selectRuns = sql`
  SELECT r.run_id AS "runId", j.namespace, j.name AS job, r.state,
    ${ms('r.started_at')} AS "startedAt", ${ms('r.ended_at')} AS "endedAt",
    CASE WHEN r.has_start AND r.ended_at >= r.started_at
      THEN (extract(epoch FROM r.ended_at - r.started_at) * 1000)::float8 END AS "durationMs",
    r.error_message AS error, r.exit_code AS "exitCode", r.log_tail AS "logTail",
    r.rows_written::float8 AS "rowsWritten", r.bytes_written::float8 AS "bytesWritten",
    r.parent_run_id AS "parentRunId", r.root_run_id AS "rootRunId",
    r.progress_done::float8 AS "progressDone", r.progress_total::float8 AS "progressTotal",
    ${ms('r.nominal_start_at')} AS "nominalStartAt", ${ms('r.nominal_end_at')} AS "nominalEndAt",
    json_build_object(
      'startedAt', to_char(r.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'runId', r.run_id) AS position
  FROM pipecast.run AS r JOIN pipecast.job AS j ON j.id = r.job_id`
