import { type Kysely, sql } from 'kysely'

/** What the clock says of many jobs waits for none of them, and keeps no report from being taken. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [missRuns, timeOut]) await sql.raw(statement).execute(db)
}

/**
 * As before, but a job whose summary another session has locked is passed over, or all those before
 * it would stay locked for as long as that session likes. Nothing is lost: whether a tick was missed
 * follows from the runs, so the next sweep finds it again.
 */
const missRuns = `
CREATE OR REPLACE FUNCTION pipecast.miss_runs(ticks jsonb) RETURNS integer LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  held uuid[];
  passed_over uuid[];
BEGIN
  held := ARRAY(
    SELECT job_id FROM pipecast.job_summary
    WHERE job_id IN (SELECT job FROM jsonb_to_recordset(ticks) AS tick (job uuid))
    ORDER BY job_id FOR UPDATE SKIP LOCKED);
  passed_over := ARRAY(
    SELECT job_id FROM pipecast.job_summary
    WHERE job_id IN (SELECT job FROM jsonb_to_recordset(ticks) AS tick (job uuid))
      AND job_id <> ALL (held));

  INSERT INTO pipecast.run (run_id, job_id, state, decided_class, decided_at, decided_rank,
    decided_by, first_event_at, last_event_at, last_received_at, has_start, started_at, ended_at)
  SELECT encode(substr(sha256(convert_to(
      tick.job || ' missed ' || extract(epoch FROM tick.at), 'UTF8')), 1, 16), 'hex')::uuid,
    tick.job, 'MISSED', 1, 'infinity', 0, '\\x', tick.at, tick.at, clock_timestamp(), false,
    tick.at, tick.at
  FROM jsonb_to_recordset(ticks) AS tick (job uuid, at timestamptz, known_until timestamptz)
  JOIN pipecast.job AS j ON j.id = tick.job
  WHERE tick.job = ANY (held)
    AND j.paused_at IS NULL AND (j.expected_since IS NULL OR j.expected_since < tick.at)
    AND NOT EXISTS (
      SELECT 1 FROM pipecast.run AS started
      WHERE started.job_id = tick.job AND started.state <> 'MISSED'
        AND started.started_at > coalesce(tick.known_until, '-infinity'))
  ORDER BY tick.job, tick.at
  ON CONFLICT (run_id) DO NOTHING;
  RETURN cardinality(passed_over);
END $$;
COMMENT ON FUNCTION pipecast.miss_runs IS 'Writes that jobs did not run at these ticks, unless a run
has started since known_until; the id of each follows from both, so two processes write it once.
Returns how many jobs were passed over, because another session has locked them.';
`

/** As before, but for the runs that another session has locked, or whose job: the next sweep's. */
const timeOut = `
CREATE OR REPLACE FUNCTION pipecast.time_out_runs(now timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  held_runs uuid[];
  held_jobs uuid[];
  changed integer;
BEGIN
  held_runs := ARRAY(
    SELECT r.run_id FROM pipecast.run AS r JOIN pipecast.job AS j ON j.id = r.job_id
    WHERE r.state IN ('NEW', 'RUNNING') AND j.paused_at IS NULL
      AND least(r.started_at + j.max_runtime, r.last_received_at + j.heartbeat_timeout) <= now
    ORDER BY r.run_id FOR UPDATE OF r SKIP LOCKED);
  -- The triggers will want them, and would wait.
  held_jobs := ARRAY(
    SELECT job_id FROM pipecast.job_summary
    WHERE job_id IN (SELECT job_id FROM pipecast.run WHERE run_id = ANY (held_runs))
    ORDER BY job_id FOR UPDATE SKIP LOCKED);

  UPDATE pipecast.run AS r SET state = 'TIMED_OUT', decided_class = 1, ended_at = due.at,
    decided_at = CASE WHEN due.is_silence THEN greatest(due.at, r.decided_at) ELSE 'infinity' END,
    decided_rank = CASE WHEN due.is_silence THEN 1 ELSE 0 END
  FROM (
    SELECT run_id, least(too_long_at, silent_at) AS at,
      coalesce(silent_at < too_long_at, too_long_at IS NULL) AS is_silence
    FROM (
      SELECT i.run_id, i.started_at + j.max_runtime AS too_long_at,
        i.last_received_at + j.heartbeat_timeout AS silent_at
      FROM pipecast.run AS i JOIN pipecast.job AS j ON j.id = i.job_id
      WHERE i.run_id = ANY (held_runs) AND i.job_id = ANY (held_jobs)
        AND i.state IN ('NEW', 'RUNNING') AND j.paused_at IS NULL
    ) AS limits
  ) AS due
  WHERE r.run_id = due.run_id AND r.state IN ('NEW', 'RUNNING') AND due.at <= now;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $$;
`
