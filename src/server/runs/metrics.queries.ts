import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.js'
import type { MetricReport } from './metric-report.js'

/**
 * Records metrics in one transaction: all of them or none. Of each metric the newest report holds;
 * jobs that are not there yet are made.
 */
export async function recordMetrics(
  kysely: Kysely<Schema>,
  metrics: readonly MetricReport[],
): Promise<void> {
  await sql`SELECT pipecast.record_metrics(${JSON.stringify(metrics)}::jsonb)`.execute(kysely)
}
