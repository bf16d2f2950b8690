import { type Kysely, sql } from 'kysely'

/** What the clock says of jobs and runs, only where something was expected of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [expectedSince]) await sql.raw(statement).execute(db)
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
