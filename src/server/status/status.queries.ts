import { type Kysely, sql } from 'kysely'
import type { RunState } from '../../protocol/index.js'
import type { Schema } from '../database/schema.js'
import type { JobExpectations, RecentRuns, Schedule } from './job.js'

/** What is checked of a job's data. */
export interface QualityFacts {
  readonly checks: number
  readonly failed: number
  /** The names of the first few that fail. */
  readonly failing: readonly string[]
}

/** A job, what is expected of it, what its runs add up to, and how good its data is. */
export interface JobFacts {
  readonly id: string
  readonly parentId: string | null
  readonly namespace: string
  readonly name: string
  readonly expectations: JobExpectations
  readonly runs: RecentRuns
  readonly newestState: RunState | null
  readonly newestError: string | null
  readonly failingSince: number | null
  readonly recordsTotal: number
  /** When a run last wrote records. */
  readonly recordsAt: number | null
  readonly quality: QualityFacts
}

/** What finished lately, over all jobs. */
export interface RecentTotals {
  readonly runs24h: number
  readonly failed24h: number
  readonly records24h: number
  readonly recordsLastHour: number
}

/** A work queue as it was last reported. */
export interface QueueFacts {
  readonly name: string
  readonly depth: number
  readonly running: number
}

/** Everything that a snapshot of the pipelines is made of, as of one instant. */
export interface StatusFacts {
  readonly jobs: readonly JobFacts[]
  readonly totals: RecentTotals
  readonly queues: readonly QueueFacts[]
  /** When each job that was failing lately stopped to, by the job's id. */
  readonly recoveries: ReadonlyMap<string, number>
}

/** What is known beside the jobs, in JSON. */
interface RestRow {
  readonly totals: RecentTotals
  readonly queues: readonly QueueFacts[]
  readonly recoveries: readonly { readonly job_id: string; readonly at: number }[]
}

/** A job, or nothing where there is none; the first row carries the rest. */
type FactsRow = (JobRow | { readonly id: null }) & { readonly rest: RestRow | null }

/**
 * Reads everything in one statement: its parts agree with each other, and it is one way there and
 * back. The jobs are rows and not JSON, because thousands of them would take longer that way.
 */
export async function readStatusFacts(kysely: Kysely<Schema>, now: Date): Promise<StatusFacts> {
  const { rows } = await sql<FactsRow>`
    /* prepared: status-facts */
    SELECT job.*, CASE WHEN coalesce(nth, 1) = 1 THEN json_build_object(
      'totals', (SELECT row_to_json(total) FROM (${selectTotals(now)}) AS total),
      'queues', (SELECT coalesce(json_agg(queue), '[]') FROM (${selectQueues}) AS queue),
      'recoveries', (SELECT coalesce(json_agg(recovery), '[]')
        FROM (${selectRecoveries(now)}) AS recovery)) END AS rest
    FROM (VALUES (true)) AS always
    LEFT JOIN (SELECT *, row_number() OVER () AS nth FROM (${selectJobs}) AS job) AS job ON true
    ORDER BY nth`.execute(kysely)
  const rest = rows[0]?.rest
  if (rest == null) throw new Error('the first row carries no totals')
  return {
    jobs: rows.filter((row) => row.id !== null).map(toJobFacts),
    totals: rest.totals,
    queues: rest.queues,
    recoveries: new Map(rest.recoveries.map(({ job_id, at }) => [job_id, at])),
  }
}

interface JobRow {
  readonly id: string
  readonly parent_id: string | null
  readonly namespace: string
  readonly name: string
  readonly created_at: number
  readonly expected_since: number | null
  readonly paused: boolean
  readonly processing_type: 'BATCH' | 'STREAMING'
  readonly interval_ms: number | null
  readonly cron: string | null
  readonly timezone: string
  readonly grace_ms: number
  readonly max_runtime_ms: number | null
  readonly heartbeat_timeout_ms: number | null
  readonly failure_tolerance: number
  readonly recovery_threshold: number
  readonly freshness_ms: number | null
  readonly history: string
  readonly running: number
  readonly newest_started_at: number | null
  readonly newest_ended_at: number | null
  readonly running_started_at: number | null
  readonly running_heard_at: number | null
  readonly last_success_at: number | null
  readonly newest_duration_ms: number | null
  readonly usual_ms: number | null
  readonly longest_success_ms: number | null
  readonly newest_state: RunState | null
  readonly newest_error: string | null
  readonly failing_since: number | null
  readonly records_total: number
  readonly records_at: number | null
  readonly checks: number | null
  readonly failed_checks: number | null
  readonly failing_checks: readonly string[] | null
}

/** So many checks that fail are named. */
const MAX_NAMED_CHECKS = 5

/** An instant or a duration as milliseconds; a float, because pg hands out bigints as text. */
const ms = (column: string) => sql`date_part('epoch', ${sql.ref(column)}) * 1000`

const selectJobs = sql<JobRow>`
  SELECT j.id, s.parent_job_id AS parent_id, j.namespace, j.name,
    ${ms('j.created_at')} AS created_at, ${ms('j.expected_since')} AS expected_since,
    j.paused_at IS NOT NULL AS paused, j.processing_type,
    ${ms('j.schedule_interval')} AS interval_ms, j.schedule_cron AS cron, j.timezone,
    ${ms('j.grace')} AS grace_ms, ${ms('j.max_runtime')} AS max_runtime_ms,
    ${ms('j.heartbeat_timeout')} AS heartbeat_timeout_ms,
    j.failure_tolerance, j.recovery_threshold, ${ms('j.freshness')} AS freshness_ms,
    s.history, s.running, ${ms('s.newest_started_at')} AS newest_started_at,
    ${ms('s.newest_ended_at')} AS newest_ended_at,
    ${ms('s.running_started_at')} AS running_started_at,
    ${ms('s.running_heard_at')} AS running_heard_at,
    ${ms('s.last_success_at')} AS last_success_at,
    s.newest_duration_ms, s.usual_ms, s.longest_success_ms, s.newest_state, s.newest_error,
    ${ms('s.failing_since')} AS failing_since, s.records_total::float8 AS records_total,
    ${ms('s.records_at')} AS records_at,
    checked.checks, checked.failed AS failed_checks, breached.names AS failing_checks
  FROM pipecast.job AS j JOIN pipecast.job_summary AS s ON s.job_id = j.id
  LEFT JOIN (
    SELECT job_id, count(*)::integer AS checks,
      (count(*) FILTER (WHERE is_breached))::integer AS failed
    FROM pipecast.metric WHERE num_nonnulls(minimum, maximum) > 0 GROUP BY job_id
  ) AS checked ON checked.job_id = j.id
  LEFT JOIN (
    SELECT job_id,
      (array_agg(name ORDER BY name COLLATE "C"))[1:${sql.lit(MAX_NAMED_CHECKS)}] AS names
    FROM pipecast.metric WHERE is_breached GROUP BY job_id
  ) AS breached ON breached.job_id = j.id
  ORDER BY j.namespace COLLATE "C", j.name COLLATE "C"`

/** All jobs, as they are now. */
export async function readJobs(kysely: Kysely<Schema>): Promise<readonly JobFacts[]> {
  const { rows } = await selectJobs.execute(kysely)
  return rows.map(toJobFacts)
}

function toJobFacts(row: JobRow): JobFacts {
  return {
    id: row.id,
    parentId: row.parent_id,
    namespace: row.namespace,
    name: row.name,
    expectations: {
      createdAt: row.created_at,
      expectedSinceAt: row.expected_since,
      paused: row.paused,
      processingType: row.processing_type,
      schedule: toSchedule(row),
      graceMs: row.grace_ms,
      maxRuntimeMs: row.max_runtime_ms,
      heartbeatTimeoutMs: row.heartbeat_timeout_ms,
      failureTolerance: row.failure_tolerance,
      recoveryThreshold: row.recovery_threshold,
      freshnessMs: row.freshness_ms,
    },
    runs: {
      history: row.history,
      running: row.running,
      newestStartedAt: row.newest_started_at,
      newestEndedAt: row.newest_ended_at,
      runningStartedAt: row.running_started_at,
      runningHeardAt: row.running_heard_at,
      lastSuccessAt: row.last_success_at,
      newestDurationMs: row.newest_duration_ms,
      usualMs: row.usual_ms,
      longestSuccessMs: row.longest_success_ms,
    },
    newestState: row.newest_state,
    newestError: row.newest_error,
    failingSince: row.failing_since,
    recordsTotal: row.records_total,
    recordsAt: row.records_at,
    quality: {
      checks: row.checks ?? 0,
      failed: row.failed_checks ?? 0,
      failing: row.failing_checks ?? [],
    },
  }
}

function toSchedule(row: JobRow): Schedule | null {
  if (row.interval_ms !== null) return { kind: 'interval', intervalMs: row.interval_ms }
  if (row.cron !== null) return { kind: 'cron', expression: row.cron, timezone: row.timezone }
  return null
}

const selectTotals = (now: Date) => sql<RecentTotals>`
  SELECT count(*)::integer AS "runs24h",
    (count(*) FILTER (WHERE state IN ('FAILED', 'TIMED_OUT', 'MISSED')))::integer AS "failed24h",
    coalesce(sum(rows_written), 0)::float8 AS "records24h",
    coalesce(sum(rows_written) FILTER (WHERE ended_at > ${now}::timestamptz - interval '1 hour'),
      0)::float8 AS "recordsLastHour"
  FROM pipecast.run
  WHERE ended_at > ${now}::timestamptz - interval '24 hours' AND ended_at <= ${now}`

const selectQueues = sql<QueueFacts>`
  SELECT name, depth, running FROM pipecast.queue ORDER BY name COLLATE "C"`

/** The newest change from or to failing of each job, where it is one from failing of this day. */
const selectRecoveries = (now: Date) => sql`
  SELECT job_id, ${ms('at')} AS at FROM (
    SELECT DISTINCT ON (job_id) job_id, at, from_status, to_status
    FROM pipecast.status_change
    WHERE (to_status = 'Failing' OR from_status = 'Failing')
      AND at > ${now}::timestamptz - interval '24 hours'
    ORDER BY job_id, id DESC
  ) AS newest
  WHERE from_status = 'Failing' AND to_status <> 'Paused'`
