import type { StatusTotals } from '../../protocol/index.js'

/**
 * Which part of the runs of the last 24 hours did not fail, 0 to 1.
 *
 * @returns `null` when there were none: that is not 0 %.
 */
export function successRate24h(
  totals: Pick<StatusTotals, 'runs_24h' | 'failed_24h'>,
): number | null {
  return totals.runs_24h === 0 ? null : 1 - totals.failed_24h / totals.runs_24h
}
