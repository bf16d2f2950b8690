import { CompiledQuery, type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.js'
import type { Assertion, RunEvent } from './run-event.js'

/** The row form of an event, as the functions that record it read it: one element of their array. */
export function encodeRunEvent(event: RunEvent): string {
  return JSON.stringify({
    id: event.id,
    namespace: event.namespace,
    name: event.name,
    run_id: event.runId,
    type: event.type,
    at: event.at,
    is_receipt_time: event.isReceiptTime,
    parent_run_id: event.parent?.runId,
    parent_namespace: event.parent?.namespace,
    parent_name: event.parent?.name,
    root_run_id: event.root?.runId,
    nominal_start_at: event.nominalStartAt,
    nominal_end_at: event.nominalEndAt,
    error: event.error,
    rows_written: event.rowsWritten,
    bytes_written: event.bytesWritten,
    exit_code: event.exitCode,
    log_tail: event.logTail,
    progress_done: event.progress?.done,
    progress_total: event.progress?.total,
    processing_type: event.processingType,
    description: event.description,
    owners: event.owners,
    metrics: event.assertions?.map(encodeAssertion),
    raw: event.raw,
  })
}

/** Without a minimum nothing is asked of the value. */
function encodeAssertion({ name, isSuccess, isWarning = false }: Assertion): object {
  return { name, value: isSuccess ? 1 : 0, ...(isWarning ? {} : { minimum: 1 }) }
}

/**
 * Written out, because a template would send the events once for each time they are named. Only
 * while it records is there a limit to the wait for a lock: at the commit everybody who gives a hint
 * waits for each other, and that says nothing of a job. (The CASE has the limit set first.)
 */
const RECORD = `/* prepared: record-run-events */
  SELECT pipecast.record_run_events(events), pipecast.record_event_metrics(events),
    set_config('lock_timeout', '0', true)
  FROM set_config('lock_timeout', $2, true) AS lock_wait
  CROSS JOIN LATERAL pipecast.as_first_received(
    CASE WHEN lock_wait IS NOT NULL THEN $1::jsonb END) AS events`

/**
 * Records events, and what they measured, in one transaction: all of them or none.
 *
 * @param lockWaitMs - so long it waits for a lock that another session keeps; 0 is for ever.
 */
export async function recordRunEvents(
  kysely: Kysely<Schema>,
  encoded: readonly string[],
  lockWaitMs = 0,
): Promise<void> {
  const values = [`[${encoded.join(',')}]`, String(lockWaitMs)]
  await kysely.executeQuery(CompiledQuery.raw(RECORD, values))
}

/** When a job is expected to run, in milliseconds. */
export interface IntervalExpectation {
  readonly namespace: string
  readonly name: string
  readonly intervalMs: number
  readonly graceMs: number
}

/** Sets what is expected of a job; the job is made when it is not there yet. */
export async function expectInterval(
  kysely: Kysely<Schema>,
  expected: IntervalExpectation,
): Promise<void> {
  const { namespace, name, intervalMs, graceMs } = expected
  await sql`
    INSERT INTO pipecast.job (id, namespace, name, schedule_interval, grace)
    VALUES (pipecast.job_id(${namespace}, ${name}), ${namespace}, ${name},
      ${intervalMs} * interval '1 millisecond', ${graceMs} * interval '1 millisecond')
    ON CONFLICT (id) DO UPDATE
    SET schedule_interval = excluded.schedule_interval, schedule_cron = NULL, grace = excluded.grace`.execute(
    kysely,
  )
}
