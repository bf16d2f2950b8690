import { HEALTH_STATUSES, type HealthStatus } from '../../protocol/index.js'

/** How bad a status is: Failing > Degraded > Late > Unknown > Healthy; meaningless for Paused. */
export function severity(status: HealthStatus): number {
  return HEALTH_STATUSES.indexOf(status)
}

/**
 * Rolls statuses up: the worst of them, paused ones left out.
 *
 * @returns `Paused` when all of them are, `Unknown` when there are none.
 */
export function worstOf(statuses: Iterable<HealthStatus>): HealthStatus {
  let worst: HealthStatus | null = null
  let anyPaused = false
  for (const status of statuses) {
    if (status === 'Paused') anyPaused = true
    else if (worst === null || severity(status) > severity(worst)) worst = status
  }
  return worst ?? (anyPaused ? 'Paused' : 'Unknown')
}
