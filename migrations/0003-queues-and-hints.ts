import { type Kysely, sql } from 'kysely'

/** Work queues, and the hints that make a commit visible at once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(queues).execute(db)
  await sql.raw(hints).execute(db)
}

const queues = `
CREATE TABLE pipecast.queue (
  name text PRIMARY KEY,
  depth integer NOT NULL CHECK (depth >= 0),
  running integer NOT NULL DEFAULT 0 CHECK (running >= 0),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pipecast.queue IS 'A work queue as its owner last reported it.';
`

/**
 * A hint says "look now" and nothing else: its payload is the name of the feed. It is given only
 * when a snapshot would look different, so a heartbeat wakes nobody. Postgres sends equal hints of
 * one transaction once.
 */
const hints = `
CREATE FUNCTION pipecast.hint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('pipecast', TG_ARGV[0]);
  RETURN NULL;
END $$;

CREATE TRIGGER summary_hint AFTER UPDATE ON pipecast.job_summary
  FOR EACH ROW WHEN (
    (OLD.parent_job_id, OLD.history, OLD.running, OLD.newest_state, OLD.newest_started_at,
     OLD.newest_ended_at, OLD.newest_duration_ms, OLD.newest_error, OLD.last_success_at,
     OLD.failing_since, OLD.records_total, OLD.records_at)
    IS DISTINCT FROM
    (NEW.parent_job_id, NEW.history, NEW.running, NEW.newest_state, NEW.newest_started_at,
     NEW.newest_ended_at, NEW.newest_duration_ms, NEW.newest_error, NEW.last_success_at,
     NEW.failing_since, NEW.records_total, NEW.records_at))
  EXECUTE FUNCTION pipecast.hint('pipeline-status');

CREATE TRIGGER job_hint AFTER INSERT OR DELETE ON pipecast.job
  FOR EACH ROW EXECUTE FUNCTION pipecast.hint('pipeline-status');
CREATE TRIGGER job_change_hint AFTER UPDATE ON pipecast.job
  FOR EACH ROW WHEN (
    (OLD.processing_type, OLD.schedule_interval, OLD.schedule_cron, OLD.timezone, OLD.grace,
     OLD.max_runtime, OLD.heartbeat_timeout, OLD.failure_tolerance, OLD.recovery_threshold,
     OLD.freshness, OLD.paused_at)
    IS DISTINCT FROM
    (NEW.processing_type, NEW.schedule_interval, NEW.schedule_cron, NEW.timezone, NEW.grace,
     NEW.max_runtime, NEW.heartbeat_timeout, NEW.failure_tolerance, NEW.recovery_threshold,
     NEW.freshness, NEW.paused_at))
  EXECUTE FUNCTION pipecast.hint('pipeline-status');

CREATE TRIGGER queue_hint AFTER INSERT OR DELETE ON pipecast.queue
  FOR EACH ROW EXECUTE FUNCTION pipecast.hint('pipeline-status');
CREATE TRIGGER queue_change_hint AFTER UPDATE ON pipecast.queue
  FOR EACH ROW WHEN ((OLD.depth, OLD.running) IS DISTINCT FROM (NEW.depth, NEW.running))
  EXECUTE FUNCTION pipecast.hint('pipeline-status');
`
