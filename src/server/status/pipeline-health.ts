import type { HealthStatus } from '../../protocol/index.js'
import { worstOf } from './health-status.js'
import type { HealthReason, JobHealth } from './job-health.js'

/** Why a pipeline is as it is: its own reasons, or a word about its sources. */
export type PipelineReason = HealthReason | 'source_failing' | 'source_degraded' | 'source_late'

/** How a pipeline is doing. */
export interface PipelineHealth {
  readonly status: HealthStatus
  /** Worst first; `['ok']` when no rule matched. */
  readonly reasons: readonly PipelineReason[]
}

const REASON_OF_SOURCES: Readonly<Record<HealthStatus, PipelineReason>> = {
  Failing: 'source_failing',
  Degraded: 'source_degraded',
  Late: 'source_late',
  Unknown: 'no_runs',
  Healthy: 'ok',
  Paused: 'paused',
}

/**
 * A pipeline is as bad as its own runs and, when any source fails, at least degraded; no other
 * status of a source changes it. Where its own runs say nothing yet, its sources speak for it, so
 * that a health nobody reported is never invented.
 *
 * @param own - the health of the pipeline's own job.
 * @param sources - the statuses of its sources; empty when the pipeline is its own source.
 */
export function pipelineHealth(own: JobHealth, sources: readonly HealthStatus[]): PipelineHealth {
  if (own.status === 'Paused' || sources.length === 0) return own
  const isAnyFailing = sources.includes('Failing')
  if (own.status === 'Unknown') {
    const status = worstOf(sources)
    return {
      status: status === 'Failing' ? 'Degraded' : status,
      reasons: [REASON_OF_SOURCES[status]],
    }
  }
  if (!isAnyFailing) return own
  return {
    status: worstOf([own.status, 'Degraded']),
    reasons: [
      ...own.reasons.filter((reason) => !isMild(reason)),
      'source_failing',
      ...own.reasons.filter((reason) => isMild(reason) && reason !== 'ok'),
    ],
  }
}

/** Reasons that never make a job as bad as degraded. */
function isMild(reason: HealthReason): boolean {
  return reason === 'late' || reason === 'no_runs' || reason === 'ok'
}
