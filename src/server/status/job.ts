/** When a job is expected to run. */
export type Schedule =
  | { readonly kind: 'interval'; readonly intervalMs: number }
  | { readonly kind: 'cron'; readonly expression: string; readonly timezone: string }

/** What is expected of a job. Instants are milliseconds since the epoch; `null` means not set. */
export interface JobExpectations {
  readonly createdAt: number
  /** When its schedule last changed or its pause ended; nothing was expected by it before. */
  readonly expectedSinceAt: number | null
  readonly paused: boolean
  readonly processingType: 'BATCH' | 'STREAMING'
  readonly schedule: Schedule | null
  readonly graceMs: number
  readonly maxRuntimeMs: number | null
  readonly heartbeatTimeoutMs: number | null
  /** So many failures in a row make a job failing. */
  readonly failureTolerance: number
  /** So many successes in a row end it. */
  readonly recoveryThreshold: number
  /** The longest time since the last success. */
  readonly freshnessMs: number | null
}

/**
 * What a job's runs add up to. Runs are ordered by start, then by id; "newest" is the last in
 * that order. Instants are milliseconds since the epoch; `null` means that there is none.
 */
export interface RecentRuns {
  /** The letters of the newest 90 runs, oldest first (see RUN_LETTERS of the protocol). */
  readonly history: string
  /** How many runs are in progress. */
  readonly running: number
  /** The start of the newest run, and its end once it has one. */
  readonly newestStartedAt: number | null
  readonly newestEndedAt: number | null
  /** The start of the newest run in progress. */
  readonly runningStartedAt: number | null
  /** When a run in progress was last heard of, by our clock. */
  readonly runningHeardAt: number | null
  readonly lastSuccessAt: number | null
  /** How long the newest run took; `null` while it runs or when its start is not known. */
  readonly newestDurationMs: number | null
  /** 95th percentile of the last 30 successes before the newest run; `null` below 10 of them. */
  readonly usualMs: number | null
  /** The longest of those successes, however few there are. */
  readonly longestSuccessMs: number | null
}
