import { type Kysely, sql } from 'kysely'

/** Keeps `job_summary` true at a fraction of the cost: most changes are one step of one job. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [advance, onInsert, onUpdate]) {
    await sql.raw(statement).execute(db)
  }
}

/**
 * A run that has just begun or just ended changes one letter and leaves all the others what they
 * were, as long as
 *
 * - it is the newest run of its job, and the summary is of the runs before it, or of the same runs
 *   with this one in progress;
 * - it replaces no earlier attempts;
 * - of what drops out at the other end nothing counts but its letter: it is neither one of the
 *   failures that still go on, nor the one run that knew its parent.
 *
 * Else, and where several runs of one job change at once, all is worked out anew. Whoever calls has
 * locked the summaries.
 */
const advance = `
CREATE FUNCTION pipecast.advance_job_summaries(job_ids uuid[], run_ids uuid[], are_new boolean)
RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE others uuid[];
BEGIN
  WITH advanced AS (
    UPDATE pipecast.job_summary AS s SET
      parent_job_id = coalesce(r.parent_job_id, s.parent_job_id),
      history = right(CASE WHEN are_new THEN s.history ELSE left(s.history, -1) END
        || pipecast.run_letter(r.state), 90),
      (running, running_started_at, running_heard_at) = (
        SELECT count(*)::integer, max(started_at), max(last_received_at)
        FROM pipecast.run WHERE job_id = s.job_id AND state IN ('NEW', 'RUNNING')),
      newest_state = r.state,
      newest_started_at = r.started_at,
      newest_ended_at = r.ended_at,
      newest_duration_ms = pipecast.run_duration_ms(r.has_start, r.started_at, r.ended_at),
      newest_error = r.error_message,
      last_success_at = CASE r.state
        WHEN 'COMPLETED' THEN greatest(s.last_success_at, r.ended_at) ELSE s.last_success_at END,
      (usual_ms, longest_success_ms) = (
        SELECT * FROM pipecast.usual_duration(s.job_id) WHERE are_new
        UNION ALL
        SELECT s.usual_ms, s.longest_success_ms WHERE NOT are_new),
      failing_since = CASE
        WHEN r.state = 'COMPLETED' THEN NULL
        WHEN r.state IN ('FAILED', 'TIMED_OUT', 'MISSED')
          THEN least(s.failing_since, coalesce(r.ended_at, r.started_at))
        ELSE s.failing_since END
    FROM pipecast.run AS r
    WHERE r.run_id = ANY (run_ids)
      AND s.job_id = ANY (job_ids) AND s.job_id = r.job_id
      AND r.run_id = (SELECT run_id FROM pipecast.run WHERE job_id = r.job_id
        ORDER BY started_at DESC, run_id DESC LIMIT 1)
      AND (r.parent_run_id IS NULL OR r.state IN ('NEW', 'RUNNING', 'ABORTED') OR NOT EXISTS (
        SELECT 1 FROM pipecast.run AS attempt
        WHERE attempt.job_id = r.job_id AND attempt.parent_run_id = r.parent_run_id
          AND attempt.run_id <> r.run_id))
      AND (NOT are_new OR coalesce(s.newest_started_at < r.started_at, true)
        AND (s.failing_since IS NULL OR r.state = 'COMPLETED')
        AND (s.parent_job_id IS NULL OR r.parent_job_id IS NOT NULL)
        AND (length(s.history) = 90 OR NOT EXISTS (
          SELECT 1 FROM pipecast.run WHERE job_id = s.job_id OFFSET 500)))
    RETURNING s.job_id
  )
  SELECT array_agg(id) INTO others FROM unnest(job_ids) AS touched (id)
  WHERE id NOT IN (SELECT job_id FROM advanced);

  IF others IS NOT NULL THEN PERFORM pipecast.refresh_job_summaries(others); END IF;
END $$;
COMMENT ON FUNCTION pipecast.advance_job_summaries IS 'Brings job_summary up to date for these jobs:
step by step where the only run of a job that has changed is among these, or else anew.';
`

const onInsert = `
CREATE OR REPLACE FUNCTION pipecast.on_run_insert() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  touched uuid[];
  alone uuid[];
BEGIN
  SELECT array_agg(job_id), array_agg(run_id) FILTER (WHERE is_alone) INTO touched, alone
  FROM (
    SELECT job_id, (array_agg(run_id))[1] AS run_id, count(*) = 1 AS is_alone
    FROM after_rows GROUP BY job_id
  ) AS inserted;
  IF touched IS NULL THEN RETURN NULL; END IF;

  PERFORM 1 FROM pipecast.job_summary WHERE job_id = ANY (touched) ORDER BY job_id FOR UPDATE;
  PERFORM pipecast.advance_job_summaries(touched, alone, true);

  UPDATE pipecast.job_summary AS s
  SET records_total = s.records_total + written.rows,
    records_at = greatest(s.records_at, written.at)
  FROM (SELECT job_id, sum(rows_written) AS rows, max(rows_written_at) AS at
    FROM after_rows WHERE rows_written > 0 GROUP BY job_id) AS written
  WHERE s.job_id = written.job_id;
  RETURN NULL;
END $$;
`

/**
 * Most updates are of one run for each job, or change nothing that a summary shows but when a run
 * was last heard of. A full join compares the rows, because it is never a loop within a loop: the
 * plan is kept, and a later statement may change a million rows.
 */
const onUpdate = `
CREATE OR REPLACE FUNCTION pipecast.on_run_update() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  touched uuid[];
  changed uuid[];
  alone uuid[];
  moved uuid[];
  are_heard boolean;
  have_written boolean;
BEGIN
  SELECT array_agg(job_id), array_agg(job_id) FILTER (WHERE changes > 0),
    array_agg(run_id) FILTER (WHERE changes = 1 AND is_step),
    array_agg(job_id) FILTER (WHERE is_moved), bool_or(is_heard), bool_or(has_written)
  INTO touched, changed, alone, moved, are_heard, have_written
  FROM (
    SELECT job_id, count(*) FILTER (WHERE is_change) AS changes, bool_or(is_step) AS is_step,
      (array_agg(run_id) FILTER (WHERE is_step))[1] AS run_id, bool_or(is_moved) AS is_moved,
      bool_or(is_heard) AS is_heard, bool_or(has_written) AS has_written
    FROM (
      SELECT *, is_change AND may_step AS is_step,
        NOT is_change AND state IN ('NEW', 'RUNNING') AS is_heard
      FROM (
        SELECT run_id, a.state,
          unnest(array_remove(ARRAY[b.job_id, nullif(a.job_id, b.job_id)], NULL)) AS job_id,
          (b.job_id, b.parent_run_id, b.parent_job_id, b.state, b.has_start, b.started_at,
            b.ended_at, b.error_message)
          IS DISTINCT FROM
          (a.job_id, a.parent_run_id, a.parent_job_id, a.state, a.has_start, a.started_at,
            a.ended_at, a.error_message)
          OR a.last_received_at < b.last_received_at AS is_change,
          b.job_id = a.job_id AND b.started_at = a.started_at AND b.state IN ('NEW', 'RUNNING')
          AND (b.parent_job_id IS NULL OR a.parent_job_id IS NOT NULL) AS may_step,
          b.job_id <> a.job_id AND b.rows_written > 0 AS is_moved,
          (b.job_id, b.rows_written, b.rows_written_at)
          IS DISTINCT FROM (a.job_id, a.rows_written, a.rows_written_at) AS has_written
        FROM before_rows AS b FULL JOIN after_rows AS a USING (run_id)
      ) AS compared
    ) AS judged
    GROUP BY job_id
  ) AS updated;
  IF touched IS NULL THEN RETURN NULL; END IF;

  PERFORM 1 FROM pipecast.job_summary WHERE job_id = ANY (touched) ORDER BY job_id FOR UPDATE;
  IF changed IS NOT NULL THEN
    PERFORM pipecast.advance_job_summaries(changed, alone, false);
  END IF;
  IF are_heard THEN
    UPDATE pipecast.job_summary AS s SET running_heard_at = heard.at
    FROM (SELECT job_id, max(last_received_at) AS at FROM after_rows
      WHERE state IN ('NEW', 'RUNNING') GROUP BY job_id) AS heard
    WHERE s.job_id = heard.job_id AND s.running_heard_at < heard.at;
  END IF;
  IF NOT have_written THEN RETURN NULL; END IF;

  UPDATE pipecast.job_summary AS s
  SET records_total = s.records_total + written.rows,
    records_at = greatest(s.records_at, written.at)
  FROM (
    SELECT job_id, sum(rows) AS rows, max(at) AS at FROM (
      SELECT job_id, rows_written AS rows, rows_written_at AS at
      FROM after_rows WHERE rows_written > 0
      UNION ALL
      SELECT job_id, -rows_written, NULL FROM before_rows WHERE rows_written > 0
    ) AS change GROUP BY job_id
  ) AS written
  WHERE s.job_id = written.job_id
    AND (written.rows <> 0 OR written.at > s.records_at);

  -- A run that turns out to be another job's takes its records with it.
  UPDATE pipecast.job_summary AS s
  SET records_at = (SELECT max(rows_written_at) FROM pipecast.run WHERE job_id = s.job_id)
  WHERE s.job_id = ANY (moved);
  RETURN NULL;
END $$;
`
