import { type Kysely, sql } from 'kysely'

/** Keeps `job_summary` true whoever writes to `run`, in the writer's own transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [refresh, onRunChange, onNewJob]) {
    await sql.raw(statement).execute(db)
  }
}

/**
 * Planning these statements costs more than running them, hence the generic plans.
 *
 * The summary rows are locked first, in one order for everybody; only the next statement looks at
 * the runs. So it sees all that another writer of the same job committed in the meantime.
 *
 * Runs of one job below one parent run are attempts of one thing, so an attempt does not count once
 * a later one has had an outcome. One that is in progress or was aborted has none: it replaces
 * nothing, because a retry that says nothing must not hide a failure. What is not about outcomes
 * takes all attempts for what they are: the runs in progress, the last success, and since when it
 * has been failing.
 *
 * Only the newest 500 runs are looked at, so that a parent run with thousands of attempts costs no
 * more than others.
 */
const refresh = `
CREATE FUNCTION pipecast.refresh_job_summaries(job_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
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
    WITH newest AS (
      SELECT run_id, parent_job_id, state, started_at, ended_at, error_message,
        CASE WHEN has_start AND ended_at >= started_at
          THEN (extract(epoch FROM ended_at - started_at) * 1000)::float8 END AS duration_ms
      FROM (
        SELECT * FROM pipecast.run WHERE job_id = touched.id
        ORDER BY started_at DESC, run_id DESC LIMIT 500
      ) AS attempt
      WHERE parent_run_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM pipecast.run AS later
        WHERE later.job_id = touched.id AND later.parent_run_id = attempt.parent_run_id
          AND later.state IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'MISSED')
          AND (later.started_at, later.run_id) > (attempt.started_at, attempt.run_id))
      ORDER BY started_at DESC, run_id DESC LIMIT 90
    ), recent AS (
      SELECT *, row_number() OVER (ORDER BY started_at DESC, run_id DESC) AS nth FROM newest
    ), successes AS (
      SELECT duration_ms FROM recent
      WHERE nth > 1 AND state = 'COMPLETED' AND duration_ms IS NOT NULL
      ORDER BY nth LIMIT 30
    ), usual AS (
      SELECT max(duration_ms) AS longest_ms,
        CASE WHEN count(*) >= 10
          THEN percentile_disc(0.95) WITHIN GROUP (ORDER BY duration_ms) END AS p95_ms
      FROM successes
    ), outcome AS (
      SELECT coalesce(string_agg(CASE state
            WHEN 'NEW' THEN 'n' WHEN 'RUNNING' THEN 'r' WHEN 'COMPLETED' THEN 'c'
            WHEN 'FAILED' THEN 'f' WHEN 'ABORTED' THEN 'a' WHEN 'TIMED_OUT' THEN 't' ELSE 'M'
          END, '' ORDER BY nth DESC), '') AS history,
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
      usual.p95_ms AS usual_ms, usual.longest_ms AS longest_success_ms,
      CASE WHEN failing.since IS NOT NULL THEN least(failing.since, (
        SELECT min(coalesce(ended_at, started_at)) FROM (
          SELECT * FROM pipecast.run WHERE job_id = touched.id
          ORDER BY started_at DESC, run_id DESC LIMIT 90
        ) AS attempt
        WHERE state IN ('FAILED', 'TIMED_OUT', 'MISSED') AND (success.run_id IS NULL
          OR (attempt.started_at, attempt.run_id) > (success.started_at, success.run_id))
      )) END AS failing_since
    FROM outcome CROSS JOIN in_progress CROSS JOIN usual CROSS JOIN failing
    LEFT JOIN recent AS first ON first.nth = 1
    LEFT JOIN recent AS success ON success.nth = outcome.newest_success
  ) AS n
  WHERE s.job_id = touched.id;
END $$;
COMMENT ON FUNCTION pipecast.refresh_job_summaries IS 'Works out job_summary anew from the newest 90
runs of each of these jobs; of several attempts below one parent run the last outcome counts.';
`

const onRunChange = `
CREATE FUNCTION pipecast.on_run_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched uuid[] := ARRAY(SELECT DISTINCT job_id FROM after_rows ORDER BY 1);
BEGIN
  IF cardinality(touched) = 0 THEN RETURN NULL; END IF;
  PERFORM pipecast.refresh_job_summaries(touched);
  UPDATE pipecast.job_summary AS s
  SET records_total = s.records_total + written.rows,
    records_at = greatest(s.records_at, written.at)
  FROM (SELECT job_id, sum(rows_written) AS rows, max(rows_written_at) AS at
    FROM after_rows WHERE rows_written > 0 GROUP BY job_id) AS written
  WHERE s.job_id = written.job_id;
  RETURN NULL;
END $$;
CREATE TRIGGER run_inserted AFTER INSERT ON pipecast.run
  REFERENCING NEW TABLE AS after_rows
  FOR EACH STATEMENT EXECUTE FUNCTION pipecast.on_run_insert();

CREATE FUNCTION pipecast.on_run_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched uuid[] := ARRAY(
  SELECT job_id FROM after_rows UNION SELECT job_id FROM before_rows ORDER BY 1);
BEGIN
  IF cardinality(touched) = 0 THEN RETURN NULL; END IF;
  PERFORM pipecast.refresh_job_summaries(touched);
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
  WHERE s.job_id IN (
    SELECT b.job_id FROM before_rows AS b JOIN after_rows AS a USING (run_id)
    WHERE a.job_id <> b.job_id AND b.rows_written > 0);
  RETURN NULL;
END $$;
CREATE TRIGGER run_updated AFTER UPDATE ON pipecast.run
  REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
  FOR EACH STATEMENT EXECUTE FUNCTION pipecast.on_run_update();

CREATE FUNCTION pipecast.on_run_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched uuid[] := ARRAY(SELECT DISTINCT job_id FROM before_rows ORDER BY 1);
BEGIN
  IF cardinality(touched) = 0 THEN RETURN NULL; END IF;
  -- What was written stays written: records_total outlives the runs that retention removes.
  PERFORM pipecast.refresh_job_summaries(touched);
  RETURN NULL;
END $$;
CREATE TRIGGER run_deleted AFTER DELETE ON pipecast.run
  REFERENCING OLD TABLE AS before_rows
  FOR EACH STATEMENT EXECUTE FUNCTION pipecast.on_run_delete();
`

const onNewJob = `
CREATE FUNCTION pipecast.on_job_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO pipecast.job_summary (job_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER job_inserted AFTER INSERT ON pipecast.job
  FOR EACH ROW EXECUTE FUNCTION pipecast.on_job_insert();
`
