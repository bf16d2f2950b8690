import { type Kysely, sql } from 'kysely'
import type { HealthStatus } from '../../protocol/index.js'
import type { Schema } from '../database/schema.js'
import type { Removal } from './cleaner.js'
import type { MissedTick, StatusChange, Sweep } from './sweep.js'
import { writeInChunks } from './write-in-chunks.js'

/** The status of each job as it was last written. */
export async function readKnownStatuses(
  kysely: Kysely<Schema>,
): Promise<ReadonlyMap<string, HealthStatus>> {
  const { rows } = await sql<{ id: string; status: HealthStatus }>`
    SELECT j.id, last.to_status AS status
    FROM pipecast.job AS j
    CROSS JOIN LATERAL (
      SELECT to_status FROM pipecast.status_change WHERE job_id = j.id ORDER BY id DESC LIMIT 1
    ) AS last`.execute(kysely)
  return new Map(rows.map(({ id, status }) => [id, status]))
}

/** Writes TIMED_OUT over every run that has reached a limit of its job. */
export async function timeOutRuns(kysely: Kysely<Schema>, now: Date): Promise<void> {
  await sql`SELECT pipecast.time_out_runs(${now})`.execute(kysely)
}

/** About so many ticks share a transaction: who reports on one of their jobs waits for as long. */
const TICKS_AT_ONCE = 200

/** The instant of a sweep, and when to leave what is not written yet to somebody else. */
export interface SweepMoment {
  readonly now: Date
  readonly signal: AbortSignal
}

/**
 * Writes missed ticks, some at a time, and then the changes of status: they are true even where a
 * tick could not be written, because health does not depend on what is.
 *
 * @returns of how many jobs the ticks are left to the next sweep, because another session has locked
 * them.
 */
export async function writeSweep(
  kysely: Kysely<Schema>,
  { missed, changes }: Sweep,
  { now, signal }: SweepMoment,
): Promise<number> {
  let passedOver = 0
  const failure = await writeInChunks(missed, {
    size: TICKS_AT_ONCE,
    // A newer MISSED run would stand for the older ticks of its job, were they not written.
    groupOf: ({ jobId }) => jobId,
    write: async (ticks) => {
      passedOver += await writeMissed(kysely, ticks)
    },
    signal,
  })
  if (changes.length > 0) await writeChanges(kysely, changes, now)
  if (failure !== null) throw failure
  return passedOver
}

async function writeMissed(kysely: Kysely<Schema>, missed: readonly MissedTick[]): Promise<number> {
  const ticks = missed.map(({ jobId, expectedAt, newestStartedAt }) => ({
    job: jobId,
    at: new Date(expectedAt).toISOString(),
    known_until: newestStartedAt === null ? null : knownUntil(newestStartedAt).toISOString(),
  }))
  const { rows } = await sql<{ passed_over: number }>`
    SELECT pipecast.miss_runs(${JSON.stringify(ticks)}::jsonb) AS passed_over`.execute(kysely)
  return rows[0]?.passed_over ?? 0
}

/** Postgres counts microseconds, of which a float and a Date keep less: the known run is not new. */
function knownUntil(newestStartedAt: number): Date {
  return new Date(Math.ceil(newestStartedAt) + 1)
}

async function writeChanges(
  kysely: Kysely<Schema>,
  changes: readonly StatusChange[],
  now: Date,
): Promise<void> {
  const rows = changes.map(({ jobId, from, status, reasons }) => ({
    job: jobId,
    before: from,
    after: status,
    reasons,
  }))
  await sql`
    INSERT INTO pipecast.status_change (job_id, at, from_status, to_status, reasons)
    SELECT change.job, ${now}, change.before, change.after, change.reasons
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS change (job uuid, before text, after text, reasons text[])
    JOIN pipecast.job AS j ON j.id = change.job
    ORDER BY change.job`.execute(kysely)
}

/** What is kept for how long. */
export interface RetentionLimits {
  readonly eventDays: number
  readonly runDays: number
}

const BATCH = 1_000

/** Each removed run has the summary of its job worked out anew. */
const RUN_BATCH = 200

/** The newest runs of a job are kept however old they are, because its health is made of them. */
const ALWAYS_KEPT = 90

/** What is removed of each table once it is older than it has to be kept. */
export function removalsOf(kysely: Kysely<Schema>, limits: RetentionLimits): readonly Removal[] {
  return [
    { of: 'run events', batch: BATCH, statement: (now: Date) => oldRunEvents(limits, now) },
    { of: 'runs', batch: RUN_BATCH, statement: (now: Date) => oldRuns(limits, now) },
    { of: 'unended runs', batch: RUN_BATCH, statement: (now: Date) => unendedRuns(limits, now) },
    { of: 'metrics', batch: BATCH, statement: (now: Date) => oldMetrics(limits, now) },
    { of: 'status changes', batch: BATCH, statement: (now: Date) => oldChanges(limits, now) },
  ].map(({ of, batch, statement }) => ({
    of,
    removeBatch: async (now) => {
      const { numAffectedRows } = await statement(now).execute(kysely)
      return Number(numAffectedRows ?? 0) === batch
    },
  }))
}

const oldRunEvents = ({ eventDays }: RetentionLimits, now: Date) => sql`
  DELETE FROM pipecast.run_event WHERE id IN (
    SELECT id FROM pipecast.run_event
    WHERE received_at < ${now}::timestamptz - ${eventDays} * interval '1 day'
    ORDER BY received_at LIMIT ${BATCH})`

const oldRuns = ({ runDays }: RetentionLimits, now: Date) => sql`
  DELETE FROM pipecast.run WHERE run_id IN (
    SELECT old.run_id FROM pipecast.job AS j
    CROSS JOIN LATERAL (
      SELECT started_at, run_id FROM pipecast.run WHERE job_id = j.id
      ORDER BY started_at DESC, run_id DESC OFFSET ${ALWAYS_KEPT - 1} LIMIT 1
    ) AS oldest_kept
    JOIN pipecast.run AS old ON old.job_id = j.id
      AND (old.started_at, old.run_id) < (oldest_kept.started_at, oldest_kept.run_id)
    WHERE old.ended_at < ${now}::timestamptz - ${runDays} * interval '1 day'
    LIMIT ${RUN_BATCH})`

/**
 * Runs whose end nobody told; each would be counted with every change of its job, for ever. They are
 * locked before they are removed, so that one that is heard of meanwhile stays.
 */
const unendedRuns = ({ runDays }: RetentionLimits, now: Date) => sql`
  DELETE FROM pipecast.run WHERE run_id IN (
    SELECT old.run_id FROM pipecast.run AS old
    WHERE old.state IN ('NEW', 'RUNNING')
      AND old.last_received_at < ${now}::timestamptz - ${runDays} * interval '1 day'
      AND EXISTS (SELECT 1 FROM pipecast.run AS newer
        WHERE newer.job_id = old.job_id
          AND (newer.started_at, newer.run_id) > (old.started_at, old.run_id)
        OFFSET ${ALWAYS_KEPT - 1})
    LIMIT ${RUN_BATCH} FOR UPDATE OF old SKIP LOCKED)`

/** What has not been measured for so long is not known any more. */
const oldMetrics = ({ runDays }: RetentionLimits, now: Date) => sql`
  DELETE FROM pipecast.metric WHERE (job_id, name) IN (
    SELECT job_id, name FROM pipecast.metric
    WHERE at < ${now}::timestamptz - ${runDays} * interval '1 day'
    LIMIT ${BATCH})`

const oldChanges = ({ runDays }: RetentionLimits, now: Date) => sql`
  DELETE FROM pipecast.status_change WHERE id IN (
    SELECT id FROM pipecast.status_change AS old
    WHERE at < ${now}::timestamptz - ${runDays} * interval '1 day'
      AND EXISTS (SELECT 1 FROM pipecast.status_change AS newer
        WHERE newer.job_id = old.job_id AND newer.id > old.id)
    LIMIT ${BATCH})`
