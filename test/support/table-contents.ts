import type pg from 'pg'

/** One row as JSON, by column. */
export type Row = Readonly<Record<string, unknown>>

/** What the tables of the write path hold, in the order of their keys. */
export interface TableContents {
  readonly jobs: readonly Row[]
  readonly runs: readonly Row[]
  readonly summaries: readonly Row[]
  readonly metrics: readonly Row[]
  readonly eventIds: readonly string[]
}

/** Reads all that events leave behind, but for the columns that say when they were received. */
export async function readTables(pool: pg.Pool): Promise<TableContents> {
  const { rows } = await pool.query<TableContents>(`
    SELECT
      (SELECT coalesce(jsonb_agg(to_jsonb(j) - 'created_at' ORDER BY id), '[]')
        FROM pipecast.job AS j) AS jobs,
      (SELECT coalesce(jsonb_agg(to_jsonb(r) - 'last_received_at' ORDER BY run_id), '[]')
        FROM pipecast.run AS r) AS runs,
      (SELECT coalesce(jsonb_agg(to_jsonb(s) - 'running_heard_at' ORDER BY job_id), '[]')
        FROM pipecast.job_summary AS s) AS summaries,
      (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY job_id, name), '[]')
        FROM pipecast.metric AS m) AS metrics,
      (SELECT coalesce(jsonb_agg(encode(id, 'hex') ORDER BY id), '[]')
        FROM pipecast.run_event) AS "eventIds"`)
  return rows[0]!
}

/**
 * Removes all rows, and wakes nobody. The sweeper of a running server locks rows in the order of
 * jobs, and TRUNCATE whole tables in an order of its own; when they meet crosswise, Postgres ends
 * one of the two, and it may be this one.
 */
export async function emptyTables(pool: pg.Pool): Promise<void> {
  const statement = 'TRUNCATE pipecast.job, pipecast.run_event, pipecast.queue CASCADE'
  for (let isDone = false; !isDone; ) {
    isDone = await pool.query(statement).then(
      () => true,
      (error: unknown) => {
        if ((error as { code?: unknown }).code === '40P01') return false
        throw error
      },
    )
  }
}
