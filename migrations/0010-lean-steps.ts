import { type Kysely, sql } from 'kysely'

/**
 * The same summaries and hints, cheaper: Postgres sets up the whole plan of a statement each time it
 * runs, used or not, and reads the condition of a trigger anew for each statement.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [advance, hint, hintTrigger]) {
    await sql.raw(statement).execute(db)
  }
}

/** What a run that has just begun or just ended changes, and whether one step is enough: as before. */
const step = (areNew: boolean) => `
  WITH advanced AS (
    UPDATE pipecast.job_summary AS s SET
      parent_job_id = coalesce(r.parent_job_id, s.parent_job_id),
      history = right(${areNew ? 's.history' : 'left(s.history, -1)'}
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
      ${areNew ? '(usual_ms, longest_success_ms) = (SELECT * FROM pipecast.usual_duration(s.job_id)),' : ''}
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
      ${areNew ? losesNothing : ''}
    RETURNING s.job_id
  )
  SELECT array_agg(id) INTO others FROM unnest(job_ids) AS touched (id)
  WHERE id NOT IN (SELECT job_id FROM advanced);`

/**
 * The summary is of the runs before it, and of what drops out nothing counts but its letter. Where
 * no run has a parent all of them count, so nothing drops out before there are 90.
 */
const losesNothing = `
      AND coalesce(s.newest_started_at < r.started_at, true)
      AND (s.failing_since IS NULL OR r.state = 'COMPLETED')
      AND (s.parent_job_id IS NULL OR r.parent_job_id IS NOT NULL)
      AND (length(s.history) = 90
        OR NOT EXISTS (SELECT 1 FROM pipecast.run
          WHERE job_id = s.job_id AND parent_run_id IS NOT NULL)
        OR NOT EXISTS (SELECT 1 FROM pipecast.run WHERE job_id = s.job_id OFFSET 500))`

const advance = `
CREATE OR REPLACE FUNCTION pipecast.advance_job_summaries(
  job_ids uuid[], run_ids uuid[], are_new boolean
) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE others uuid[];
BEGIN
  IF are_new THEN ${step(true)}
  ELSE ${step(false)}
  END IF;
  IF others IS NOT NULL THEN PERFORM pipecast.refresh_job_summaries(others); END IF;
END $$;
`

/** Within a function the condition is kept ready, as its statements are. */
const hint = `
CREATE FUNCTION pipecast.hint_of_summary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.parent_job_id, OLD.history, OLD.running, OLD.newest_state, OLD.newest_started_at,
      OLD.newest_ended_at, OLD.newest_duration_ms, OLD.newest_error, OLD.last_success_at,
      OLD.failing_since, OLD.records_total, OLD.records_at)
    IS DISTINCT FROM
    (NEW.parent_job_id, NEW.history, NEW.running, NEW.newest_state, NEW.newest_started_at,
      NEW.newest_ended_at, NEW.newest_duration_ms, NEW.newest_error, NEW.last_success_at,
      NEW.failing_since, NEW.records_total, NEW.records_at)
  THEN
    PERFORM pg_notify('pipecast', 'pipeline-status');
  END IF;
  RETURN NULL;
END $$;
`

const hintTrigger = `
DROP TRIGGER summary_hint ON pipecast.job_summary;
CREATE TRIGGER summary_hint AFTER UPDATE ON pipecast.job_summary
  FOR EACH ROW EXECUTE FUNCTION pipecast.hint_of_summary();
`
