import { type Kysely, sql } from 'kysely'

/** What the clock says of jobs and runs, only where something was expected of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [expectedSince, missRuns, heal, timeOut])
    await sql.raw(statement).execute(db)
}

/**
 * Nobody expected a run while a job was paused, or had no schedule or another one. A trigger, so
 * that it holds for whoever writes to `job`: people with a console, and the version before this one.
 */
const expectedSince = `
ALTER TABLE pipecast.job ADD COLUMN expected_since timestamptz;
COMMENT ON COLUMN pipecast.job.expected_since IS 'When its schedule last changed or its pause ended;
no tick up to then is late or missed.';

CREATE FUNCTION pipecast.on_job_expected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.expected_since := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER job_expected
  BEFORE UPDATE OF paused_at, schedule_interval, schedule_cron, timezone ON pipecast.job
  FOR EACH ROW WHEN (
    (OLD.paused_at IS NOT NULL AND NEW.paused_at IS NULL)
    OR (OLD.schedule_interval, OLD.schedule_cron) IS DISTINCT FROM
       (NEW.schedule_interval, NEW.schedule_cron)
    OR (NEW.schedule_cron IS NOT NULL AND OLD.timezone <> NEW.timezone))
  EXECUTE FUNCTION pipecast.on_job_expected();
`

/**
 * Many ticks at once, so that the trigger works out each summary once and not once for each tick.
 * The ids are those of `miss_run`, which the version before this one calls.
 *
 * A tick was judged by the newest run known then. Where another has started since, or less is
 * expected, the judgement is out of date: nothing is written, and the next sweep judges anew. The
 * summaries are locked first, as reports lock them before they write; only the next statement
 * looks. So of a start and a missed tick that come at once, the second sees the first: this one the
 * start, or the report the missed run, which it heals.
 */
const missRuns = `
CREATE FUNCTION pipecast.miss_runs(ticks jsonb) RETURNS integer LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE changed integer;
BEGIN
  PERFORM 1 FROM pipecast.job_summary
  WHERE job_id IN (SELECT job FROM jsonb_to_recordset(ticks) AS tick (job uuid))
  ORDER BY job_id FOR UPDATE;

  INSERT INTO pipecast.run (run_id, job_id, state, decided_class, decided_at, decided_rank,
    decided_by, first_event_at, last_event_at, last_received_at, has_start, started_at, ended_at)
  SELECT encode(substr(sha256(convert_to(
      tick.job || ' missed ' || extract(epoch FROM tick.at), 'UTF8')), 1, 16), 'hex')::uuid,
    tick.job, 'MISSED', 1, 'infinity', 0, '\\x', tick.at, tick.at, clock_timestamp(), false,
    tick.at, tick.at
  FROM jsonb_to_recordset(ticks) AS tick (job uuid, at timestamptz, known_until timestamptz)
  JOIN pipecast.job AS j ON j.id = tick.job
  WHERE j.paused_at IS NULL AND (j.expected_since IS NULL OR j.expected_since < tick.at)
    AND NOT EXISTS (
      SELECT 1 FROM pipecast.run AS started
      WHERE started.job_id = tick.job AND started.state <> 'MISSED'
        AND started.started_at > coalesce(tick.known_until, '-infinity'))
  ORDER BY tick.job, tick.at
  ON CONFLICT (run_id) DO NOTHING;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $$;
COMMENT ON FUNCTION pipecast.miss_runs IS 'Writes that jobs did not run at these ticks, unless a run
has started since known_until; the id of each follows from both, so two processes write it once.';
`

/**
 * As before, with two differences. Of ticks a minute apart a start belongs to the nearer one, or it
 * would heal the tick that comes and leave the one that it was late for. And a run that ended shows
 * that the job was busy from its start to its end, so no tick in between was missed.
 */
const heal = `
CREATE OR REPLACE FUNCTION pipecast.heal_missed_runs(run_ids uuid[]) RETURNS void
LANGUAGE sql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  DELETE FROM pipecast.run WHERE run_id IN (
    SELECT missed.run_id
    FROM pipecast.run AS started
    CROSS JOIN LATERAL (
      SELECT m.run_id, m.started_at FROM pipecast.run AS m
      WHERE m.job_id = started.job_id AND m.state = 'MISSED'
        AND m.started_at <= started.started_at + interval '1 minute'
        AND (m.started_at <= started.started_at + interval '30 seconds' OR NOT EXISTS (
          SELECT 1 FROM pipecast.run AS before
          WHERE before.job_id = m.job_id AND before.state = 'MISSED'
            AND before.started_at = m.started_at - interval '1 minute'))
      ORDER BY m.started_at DESC LIMIT 1
    ) AS missed
    WHERE started.run_id = ANY (run_ids) AND started.state <> 'MISSED'
      AND NOT EXISTS (
        SELECT 1 FROM pipecast.run AS other
        WHERE other.job_id = started.job_id AND other.state <> 'MISSED'
          AND other.started_at > missed.started_at AND other.started_at < started.started_at)
    UNION ALL
    SELECT m.run_id FROM pipecast.run AS ended
    JOIN pipecast.run AS m ON m.job_id = ended.job_id AND m.state = 'MISSED'
      AND m.started_at > ended.started_at AND m.started_at < ended.ended_at
    WHERE ended.run_id = ANY (run_ids) AND ended.decided_class = 2)
$$;
`

/**
 * As before where a run took too long. One that was silent for too long is judged at that instant
 * and not for all time, because it may be we who were deaf: a later sign of life takes it back.
 * What the run had said of itself until then does not, whatever its clock; hence the rank, which no
 * other event of this class has.
 */
const timeOut = `
CREATE OR REPLACE FUNCTION pipecast.time_out_runs(now timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE changed integer;
BEGIN
  -- In the order in which reports take them.
  PERFORM 1 FROM pipecast.run AS r JOIN pipecast.job AS j ON j.id = r.job_id
  WHERE r.state IN ('NEW', 'RUNNING') AND j.paused_at IS NULL
    AND least(r.started_at + j.max_runtime, r.last_received_at + j.heartbeat_timeout) <= now
  ORDER BY r.run_id FOR UPDATE OF r;

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
      WHERE i.state IN ('NEW', 'RUNNING') AND j.paused_at IS NULL
    ) AS limits
  ) AS due
  WHERE r.run_id = due.run_id AND r.state IN ('NEW', 'RUNNING') AND due.at <= now;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $$;
`
