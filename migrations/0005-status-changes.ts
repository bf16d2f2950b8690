import { type Kysely, sql } from 'kysely'

/** What the clock says of runs and jobs: missed ticks, and each change of a job's status. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [statusChanges, timeouts]) {
    await sql.raw(statement).execute(db)
  }
}

const statusChanges = `
CREATE TABLE pipecast.status_change (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id uuid NOT NULL REFERENCES pipecast.job ON DELETE CASCADE,
  at timestamptz NOT NULL,
  from_status text,
  to_status text NOT NULL,
  reasons text[] NOT NULL
);
COMMENT ON TABLE pipecast.status_change IS 'Each change of a job''s status, written by the one process
that sweeps.';
CREATE INDEX status_change_by_job ON pipecast.status_change (job_id, id DESC);
CREATE INDEX status_change_alert ON pipecast.status_change (job_id, id DESC)
  WHERE to_status = 'Failing' OR from_status = 'Failing';
CREATE INDEX status_change_by_age ON pipecast.status_change (at);

CREATE TRIGGER status_change_hint AFTER INSERT ON pipecast.status_change
  FOR EACH STATEMENT EXECUTE FUNCTION pipecast.hint('pipeline-status');
`

/**
 * A verdict of the clock decides above every event that is not terminal, at whatever time that
 * happened, and below every terminal one: so a real end heals it, and a straggling heartbeat does
 * not.
 */
const timeouts = `
CREATE FUNCTION pipecast.time_out_runs(now timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE changed integer;
BEGIN
  -- In the order in which reports take them.
  PERFORM 1 FROM pipecast.run AS r JOIN pipecast.job AS j ON j.id = r.job_id
  WHERE r.state IN ('NEW', 'RUNNING') AND j.paused_at IS NULL
    AND least(r.started_at + j.max_runtime, r.last_received_at + j.heartbeat_timeout) <= now
  ORDER BY r.run_id FOR UPDATE OF r;

  UPDATE pipecast.run AS r SET state = 'TIMED_OUT', decided_class = 1, decided_at = 'infinity',
    decided_rank = 0, ended_at = due.at
  FROM (
    SELECT i.run_id, least(i.started_at + j.max_runtime,
      i.last_received_at + j.heartbeat_timeout) AS at
    FROM pipecast.run AS i JOIN pipecast.job AS j ON j.id = i.job_id
    WHERE i.state IN ('NEW', 'RUNNING') AND j.paused_at IS NULL
  ) AS due
  WHERE r.run_id = due.run_id AND r.state IN ('NEW', 'RUNNING') AND due.at <= now;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $$;

CREATE FUNCTION pipecast.miss_run(missed_job uuid, expected timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE changed integer;
BEGIN
  INSERT INTO pipecast.run (run_id, job_id, state, decided_class, decided_at, decided_rank,
    decided_by, first_event_at, last_event_at, last_received_at, has_start, started_at, ended_at)
  VALUES (encode(substr(sha256(convert_to(
      missed_job || ' missed ' || extract(epoch FROM expected), 'UTF8')), 1, 16), 'hex')::uuid,
    missed_job, 'MISSED', 1, 'infinity', 0, '\\x', expected, expected, clock_timestamp(), false,
    expected, expected)
  ON CONFLICT (run_id) DO NOTHING;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $$;
COMMENT ON FUNCTION pipecast.miss_run IS 'Writes that a job did not run at this tick; its id follows
from both, so two processes write it once.';
`
