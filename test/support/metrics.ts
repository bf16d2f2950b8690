import type pg from 'pg'
import type { MetricReport } from '../../src/server/runs/metric-report.js'
import { instant } from './run-events.js'

/** A metric of the job `load` at an instant of 28 January 2026, unless told otherwise. */
export function metric(
  time: string,
  value: number,
  more: Partial<MetricReport> = {},
): MetricReport {
  return {
    namespace: 'default',
    job: 'load',
    name: 'rows',
    value,
    unit: null,
    at: instant(time),
    minimum: null,
    maximum: null,
    ...more,
  }
}

/** All metrics as they are stored, by job and name. */
export async function readMetricRows(pool: pg.Pool): Promise<readonly MetricRow[]> {
  const { rows } = await pool.query<MetricRow>(`
    SELECT j.name AS job, m.name, value, unit, minimum, maximum, is_breached
    FROM pipecast.metric AS m JOIN pipecast.job AS j ON j.id = m.job_id
    ORDER BY j.name COLLATE "C", m.name COLLATE "C"`)
  return rows
}

/** A metric as it is stored. */
export interface MetricRow {
  readonly job: string
  readonly name: string
  readonly value: number
  readonly unit: string | null
  readonly minimum: number | null
  readonly maximum: number | null
  readonly is_breached: boolean
}
