import { type Kysely, sql } from 'kysely'

/** Which runs of a job count, each part of it for whoever needs no more; and plans that last. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [plans, attempts, runs, usual, refresh]) {
    await sql.raw(statement).execute(db)
  }
}

/**
 * What is looked up by key stays so: a plan that was made while the tables were small, and is kept,
 * would go on reading them whole when they have grown. For the same reason nothing below collects
 * all runs of a job (a bitmap scan) and sorts them to have the newest.
 */
const plans = `
ALTER FUNCTION pipecast.record_run_events(jsonb) SET enable_seqscan = off;
ALTER FUNCTION pipecast.heal_missed_runs(uuid[]) SET enable_seqscan = off;
`

/** All attempts of a job below one parent run, whatever became of them. */
const attempts = `
DROP INDEX pipecast.run_attempt;
CREATE INDEX run_attempt ON pipecast.run (job_id, parent_run_id, started_at, run_id)
  WHERE parent_run_id IS NOT NULL;
`

/**
 * Runs of one job below one parent run are attempts of one thing, so an attempt does not count once
 * a later one has had an outcome. One that is in progress or was aborted has none: it replaces
 * nothing, because a retry that says nothing must not hide a failure.
 *
 * Only the newest 500 runs are looked at, so that a parent run with thousands of attempts costs no
 * more than others. The rows come one by one, newest first: who needs few of them reads few.
 */
const runs = `
CREATE FUNCTION pipecast.run_letter(state text) RETURNS text IMMUTABLE PARALLEL SAFE
RETURN CASE state
  WHEN 'NEW' THEN 'n' WHEN 'RUNNING' THEN 'r' WHEN 'COMPLETED' THEN 'c' WHEN 'FAILED' THEN 'f'
  WHEN 'ABORTED' THEN 'a' WHEN 'TIMED_OUT' THEN 't' ELSE 'M' END;

CREATE FUNCTION pipecast.run_duration_ms(
  has_start boolean, started_at timestamptz, ended_at timestamptz
) RETURNS double precision IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN has_start AND ended_at >= started_at
  THEN (extract(epoch FROM ended_at - started_at) * 1000)::float8 END;

CREATE FUNCTION pipecast.counting_runs(job uuid) RETURNS TABLE (
  run_id uuid, parent_job_id uuid, state text, started_at timestamptz, ended_at timestamptz,
  error_message text, duration_ms double precision
) LANGUAGE sql STABLE AS $$
  SELECT run_id, parent_job_id, state, started_at, ended_at, error_message,
    pipecast.run_duration_ms(has_start, started_at, ended_at)
  FROM (
    SELECT * FROM pipecast.run WHERE job_id = job ORDER BY started_at DESC, run_id DESC LIMIT 500
  ) AS attempt
  WHERE parent_run_id IS NULL OR NOT EXISTS (
    SELECT 1 FROM pipecast.run AS later
    WHERE later.job_id = job AND later.parent_run_id = attempt.parent_run_id
      AND later.state IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'MISSED')
      AND (later.started_at, later.run_id) > (attempt.started_at, attempt.run_id))
  ORDER BY started_at DESC, run_id DESC LIMIT 90
$$;
COMMENT ON FUNCTION pipecast.counting_runs IS 'The newest 90 runs of a job, newest first; of several
attempts below one parent run the last outcome counts.';
`

const usual = `
CREATE FUNCTION pipecast.usual_duration(job uuid) RETURNS TABLE (
  usual_ms double precision, longest_success_ms double precision
) LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN count(*) >= 10
    THEN percentile_disc(0.95) WITHIN GROUP (ORDER BY duration_ms) END, max(duration_ms)
  FROM (
    SELECT duration_ms FROM (
      SELECT state, duration_ms, started_at, run_id FROM pipecast.counting_runs(job)
      ORDER BY started_at DESC, run_id DESC OFFSET 1
    ) AS before_newest
    WHERE state = 'COMPLETED' AND duration_ms IS NOT NULL
    ORDER BY started_at DESC, run_id DESC LIMIT 30
  ) AS success
$$;
COMMENT ON FUNCTION pipecast.usual_duration IS 'What the last 30 successes before the newest run took.';
`

/**
 * Works everything out anew. What is not about outcomes takes all attempts for what they are: the
 * runs in progress, the last success, and since when it has been failing.
 *
 * Planning these statements costs more than running them, hence the generic plans. The summary rows
 * are locked first, in one order for everybody; only the next statement looks at the runs. So it
 * sees all that another writer of the same job committed in the meantime.
 */
const refresh = `
CREATE OR REPLACE FUNCTION pipecast.refresh_job_summaries(job_ids uuid[]) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  PERFORM 1 FROM pipecast.job_summary WHERE job_id = ANY (job_ids) ORDER BY job_id FOR UPDATE;

  UPDATE pipecast.job_summary AS s SET
    parent_job_id = n.parent_job_id,
    history = n.history,
    running = n.running,
    newest_state = n.newest_state,
    newest_started_at = n.newest_started_at,
    newest_ended_at = n.newest_ended_at,
    newest_duration_ms = n.newest_duration_ms,
    newest_error = n.newest_error,
    running_started_at = n.running_started_at,
    running_heard_at = n.running_heard_at,
    last_success_at = n.last_success_at,
    usual_ms = n.usual_ms,
    longest_success_ms = n.longest_success_ms,
    failing_since = n.failing_since
  FROM unnest(job_ids) AS touched (id)
  CROSS JOIN LATERAL (
    WITH recent AS (
      SELECT *, row_number() OVER (ORDER BY started_at DESC, run_id DESC) AS nth
      FROM pipecast.counting_runs(touched.id)
    ), outcome AS (
      SELECT coalesce(string_agg(pipecast.run_letter(state), '' ORDER BY nth DESC), '') AS history,
        min(nth) FILTER (WHERE state = 'COMPLETED') AS newest_success,
        (array_agg(parent_job_id ORDER BY nth) FILTER (WHERE parent_job_id IS NOT NULL))[1]
          AS parent_job_id
      FROM recent
    ), failing AS (
      SELECT min(coalesce(ended_at, started_at)) AS since FROM recent, outcome
      WHERE state IN ('FAILED', 'TIMED_OUT', 'MISSED') AND nth < coalesce(newest_success, 91)
    ), in_progress AS (
      SELECT count(*)::integer AS running, max(started_at) AS started_at,
        max(last_received_at) AS heard_at
      FROM pipecast.run WHERE job_id = touched.id AND state IN ('NEW', 'RUNNING')
    )
    SELECT outcome.parent_job_id, outcome.history, in_progress.running,
      first.state AS newest_state, first.started_at AS newest_started_at,
      first.ended_at AS newest_ended_at, first.duration_ms AS newest_duration_ms,
      first.error_message AS newest_error,
      in_progress.started_at AS running_started_at, in_progress.heard_at AS running_heard_at,
      (SELECT max(ended_at) FROM pipecast.run
        WHERE job_id = touched.id AND state = 'COMPLETED') AS last_success_at,
      usual.usual_ms, usual.longest_success_ms,
      CASE WHEN failing.since IS NOT NULL THEN least(failing.since, (
        SELECT min(coalesce(ended_at, started_at)) FROM (
          SELECT * FROM pipecast.run WHERE job_id = touched.id
          ORDER BY started_at DESC, run_id DESC LIMIT 90
        ) AS attempt
        WHERE state IN ('FAILED', 'TIMED_OUT', 'MISSED') AND (success.run_id IS NULL
          OR (attempt.started_at, attempt.run_id) > (success.started_at, success.run_id))
      )) END AS failing_since
    FROM outcome CROSS JOIN in_progress CROSS JOIN failing
    CROSS JOIN LATERAL pipecast.usual_duration(touched.id) AS usual
    LEFT JOIN recent AS first ON first.nth = 1
    LEFT JOIN recent AS success ON success.nth = outcome.newest_success
  ) AS n
  WHERE s.job_id = touched.id;
END $$;
`
