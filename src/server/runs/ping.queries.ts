import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.js'
import { DEFAULT_NAMESPACE } from './job-name.js'
import { type Ping, type PingableRun, type PingedJob, ridRunId } from './ping.js'

/**
 * Reads what a ping's meaning depends on.
 *
 * @returns `null` when there is no such job.
 */
export async function readPingedJob(
  kysely: Kysely<Schema>,
  { slug, rid }: Ping,
): Promise<PingedJob | null> {
  const runId = rid === undefined ? null : ridRunId(slug, rid)
  const { rows } = await sql<PingedJob>`
    SELECT ${asJson('named')}, ${asJson('open')}, ${asJson('newest')}
    FROM pipecast.job AS j
    LEFT JOIN pipecast.run AS named ON named.run_id = ${runId}::uuid
    LEFT JOIN LATERAL (
      SELECT * FROM pipecast.run
      WHERE job_id = j.id AND state IN ('NEW', 'RUNNING') AND substr(run_id::text, 15, 1) = '8'
      ORDER BY started_at DESC, run_id DESC LIMIT 1
    ) AS open ON true
    LEFT JOIN LATERAL (
      SELECT * FROM pipecast.run WHERE job_id = j.id AND state <> 'MISSED'
      ORDER BY started_at DESC, run_id DESC LIMIT 1
    ) AS newest ON true
    WHERE j.id = pipecast.job_id(${DEFAULT_NAMESPACE}, ${slug})`.execute(kysely)
  return rows[0] ?? null
}

function asJson(run: keyof PingedJob) {
  const column = (name: string) => sql.ref(`${run}.${name}`)
  const members: Record<keyof PingableRun, string> = {
    runId: 'run_id',
    state: 'state',
    hasStart: 'has_start',
    logTail: 'log_tail',
  }
  const pairs = Object.entries(members).map(
    ([member, name]) => sql`${sql.lit(member)}, ${column(name)}`,
  )
  return sql`CASE WHEN ${column('run_id')} IS NOT NULL
    THEN json_build_object(${sql.join(pairs)}) END AS ${sql.ref(run)}`
}
