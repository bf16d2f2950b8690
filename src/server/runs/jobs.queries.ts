import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { RunState } from '../../protocol/index.js'
import type { Schema } from '../database/schema.js'
import {
  DEFAULT_EXPECTATIONS,
  type ExpectationsChange,
  type JobExpectations,
} from './job-expectations.js'

/** A namespace, and how many jobs it has. */
export interface NamespaceFacts {
  readonly name: string
  readonly jobs: number
}

/** A job by its two names. */
export interface JobName {
  readonly namespace: string
  readonly name: string
}

/** A job, what is expected of it, and what its newest runs add up to. Instants are milliseconds. */
export interface JobFacts extends JobName {
  readonly processingType: 'BATCH' | 'STREAMING'
  readonly createdAt: number
  readonly pausedAt: number | null
  /** Who answers for it, as its events say; `null` when none does. */
  readonly owners: readonly string[] | null
  readonly expectations: JobExpectations
  readonly summary: JobSummary
}

/** What the newest 90 runs of a job add up to. `null` is not known, or not so. */
export interface JobSummary {
  readonly parent: JobName | null
  readonly history: string
  readonly running: number
  readonly newestState: RunState | null
  readonly newestStartedAt: number | null
  readonly newestDurationMs: number | null
  readonly newestError: string | null
  readonly lastSuccessAt: number | null
  readonly usualMs: number | null
  readonly longestSuccessMs: number | null
  readonly failingSince: number | null
  readonly recordsTotal: number
  readonly recordsAt: number | null
}

/** All namespaces that have jobs, by name. */
export async function readNamespaces(kysely: Kysely<Schema>): Promise<readonly NamespaceFacts[]> {
  const { rows } = await sql<NamespaceFacts>`
    SELECT namespace AS name, count(*)::integer AS jobs FROM pipecast.job
    GROUP BY namespace ORDER BY namespace COLLATE "C"`.execute(kysely)
  return rows
}

/** The jobs of a namespace, by name. */
export async function readNamespaceJobs(
  kysely: Kysely<Schema>,
  namespace: string,
): Promise<readonly JobFacts[]> {
  return readJobs(kysely, sql`j.namespace = ${namespace}`)
}

/** @returns `null` when there is no such job. */
export async function readJob(
  kysely: Kysely<Schema>,
  { namespace, name }: JobName,
): Promise<JobFacts | null> {
  const [job] = await readJobs(kysely, sql`j.id = pipecast.job_id(${namespace}, ${name})`)
  return job ?? null
}

/** An instant or a duration as milliseconds; a float, because pg hands out bigints as text. */
const ms = (column: string) => sql`(extract(epoch FROM ${sql.ref(column)}) * 1000)::float8`

async function readJobs(
  kysely: Kysely<Schema>,
  condition: ReturnType<typeof sql>,
): Promise<readonly JobFacts[]> {
  const { rows } = await sql<JobFacts>`
    SELECT j.namespace, j.name, j.processing_type AS "processingType",
      ${ms('j.created_at')} AS "createdAt", ${ms('j.paused_at')} AS "pausedAt", j.owners,
      json_build_object(
        'description', j.description,
        'schedule', CASE
          WHEN j.schedule_interval IS NOT NULL THEN json_build_object(
            'kind', 'interval', 'intervalMs', ${ms('j.schedule_interval')})
          WHEN j.schedule_cron IS NOT NULL THEN json_build_object(
            'kind', 'cron', 'expression', j.schedule_cron, 'timezone', j.timezone) END,
        'graceMs', ${ms('j.grace')}, 'maxRuntimeMs', ${ms('j.max_runtime')},
        'heartbeatTimeoutMs', ${ms('j.heartbeat_timeout')},
        'failureTolerance', j.failure_tolerance, 'recoveryThreshold', j.recovery_threshold,
        'freshnessMs', ${ms('j.freshness')}, 'paused', j.paused_at IS NOT NULL) AS expectations,
      json_build_object(
        'parent', CASE WHEN p.id IS NOT NULL
          THEN json_build_object('namespace', p.namespace, 'name', p.name) END,
        'history', s.history, 'running', s.running, 'newestState', s.newest_state,
        'newestStartedAt', ${ms('s.newest_started_at')},
        'newestDurationMs', s.newest_duration_ms, 'newestError', s.newest_error,
        'lastSuccessAt', ${ms('s.last_success_at')}, 'usualMs', s.usual_ms,
        'longestSuccessMs', s.longest_success_ms, 'failingSince', ${ms('s.failing_since')},
        'recordsTotal', s.records_total, 'recordsAt', ${ms('s.records_at')}) AS summary
    FROM pipecast.job AS j
    JOIN pipecast.job_summary AS s ON s.job_id = j.id
    LEFT JOIN pipecast.job AS p ON p.id = s.parent_job_id
    WHERE ${condition}
    ORDER BY j.name COLLATE "C"`.execute(kysely)
  return rows
}

/**
 * What an upsert sets for each member that was sent; `excluded` is the row as if all others had
 * their defaults.
 *
 * A description that a person has set holds for ever: its date is infinity, so no reporter's is
 * newer. Without one, what reporters say of the job stays.
 */
const ASSIGNMENTS: { readonly [Key in keyof JobExpectations]: RawBuilder<unknown> } = {
  description: sql`
    description = CASE
      WHEN excluded.description IS NULL AND j.described_at < 'infinity' THEN j.description
      ELSE excluded.description END,
    described_at = CASE
      WHEN excluded.description IS NULL AND j.described_at < 'infinity' THEN j.described_at
      ELSE excluded.described_at END`,
  schedule: sql`schedule_interval = excluded.schedule_interval,
    schedule_cron = excluded.schedule_cron, timezone = excluded.timezone`,
  graceMs: sql`grace = excluded.grace`,
  maxRuntimeMs: sql`max_runtime = excluded.max_runtime`,
  heartbeatTimeoutMs: sql`heartbeat_timeout = excluded.heartbeat_timeout`,
  failureTolerance: sql`failure_tolerance = excluded.failure_tolerance`,
  recoveryThreshold: sql`recovery_threshold = excluded.recovery_threshold`,
  freshnessMs: sql`freshness = excluded.freshness`,
  paused: sql`paused_at = CASE WHEN excluded.paused_at IS NOT NULL
    THEN coalesce(j.paused_at, excluded.paused_at) END`,
}

/** Sets nothing, so that the row is returned also when nothing changes. */
const NO_CHANGE = sql`created_at = j.created_at`

/**
 * Changes what is expected of a job, and nothing else of it; the job is made when it is not there
 * yet. Two that change different members at once do not undo each other.
 *
 * @returns whether the job was made.
 */
export async function changeExpectations(
  kysely: Kysely<Schema>,
  { namespace, name }: JobName,
  change: ExpectationsChange,
): Promise<boolean> {
  const expected = { ...DEFAULT_EXPECTATIONS, ...change }
  const { description, schedule } = expected
  const changed = (Object.keys(change) as (keyof JobExpectations)[]).map((key) => ASSIGNMENTS[key])
  const { rows } = await sql<{ created: boolean }>`
    INSERT INTO pipecast.job AS j (id, namespace, name, description, described_at,
      schedule_interval, schedule_cron, timezone, grace, max_runtime, heartbeat_timeout,
      failure_tolerance, recovery_threshold, freshness, paused_at)
    VALUES (pipecast.job_id(${namespace}, ${name}), ${namespace}, ${name}, ${description},
      CASE WHEN ${description}::text IS NOT NULL THEN 'infinity'::timestamptz END,
      ${interval(schedule?.kind === 'interval' ? schedule.intervalMs : null)},
      ${schedule?.kind === 'cron' ? schedule.expression : null},
      ${schedule?.kind === 'cron' ? schedule.timezone : 'UTC'},
      ${interval(expected.graceMs)}, ${interval(expected.maxRuntimeMs)},
      ${interval(expected.heartbeatTimeoutMs)}, ${expected.failureTolerance},
      ${expected.recoveryThreshold}, ${interval(expected.freshnessMs)},
      CASE WHEN ${expected.paused}::boolean THEN clock_timestamp() END)
    ON CONFLICT (id) DO UPDATE SET ${sql.join([NO_CHANGE, ...changed])}
    RETURNING xmax = 0 AS created`.execute(kysely)
  return rows[0]?.created ?? false
}

function interval(durationMs: number | null) {
  return sql`${durationMs}::float8 * interval '1 millisecond'`
}
