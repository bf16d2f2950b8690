import type { HealthStatus, StatusTotals } from '../../protocol/index.js'

/** What a colour says; the same words name the custom properties of the style sheet. */
export type Tone = 'good' | 'info' | 'warn' | 'bad' | 'quiet'

/** How a status is shown: by shape, word and tone, never by its colour alone. */
export interface StatusLook {
  readonly tone: Tone
  /** The smaller, the earlier it is shown: problems first. */
  readonly order: number
  /** Its count in the totals. */
  readonly total: keyof StatusTotals
}

/** How each status is shown. */
export const STATUS_LOOKS: Readonly<Record<HealthStatus, StatusLook>> = {
  Failing: { tone: 'bad', order: 0, total: 'failing' },
  Degraded: { tone: 'warn', order: 1, total: 'degraded' },
  Late: { tone: 'warn', order: 2, total: 'late' },
  Unknown: { tone: 'quiet', order: 3, total: 'unknown' },
  Healthy: { tone: 'good', order: 4, total: 'healthy' },
  Paused: { tone: 'quiet', order: 5, total: 'paused' },
}

/** All statuses, problems first. */
export const STATUSES_BY_URGENCY = (Object.keys(STATUS_LOOKS) as HealthStatus[]).sort(
  (one, other) => STATUS_LOOKS[one].order - STATUS_LOOKS[other].order,
)
