/** How a job is doing, best first; `Paused` stands outside and is left out of roll-ups. */
export const HEALTH_STATUSES = [
  'Healthy',
  'Unknown',
  'Late',
  'Degraded',
  'Failing',
  'Paused',
] as const

/** How a job, a pipeline or a whole feed is doing. */
export type HealthStatus = (typeof HEALTH_STATUSES)[number]

/** The state of one run. `TIMED_OUT` and `MISSED` are written by the clock, never by a producer. */
export type RunState =
  | 'NEW'
  | 'RUNNING'
  | 'COMPLETED'
  | 'FAILED'
  | 'ABORTED'
  | 'TIMED_OUT'
  | 'MISSED'

/**
 * One letter a run in a history string: `n`ew, `r`unning, `c`ompleted, `f`ailed, `a`borted,
 * `t`imed out, `M`issed.
 */
export const RUN_LETTERS: Readonly<Record<RunState, string>> = {
  NEW: 'n',
  RUNNING: 'r',
  COMPLETED: 'c',
  FAILED: 'f',
  ABORTED: 'a',
  TIMED_OUT: 't',
  MISSED: 'M',
}

/** What every source and every pipeline says of itself. Instants are ISO 8601 in UTC. */
interface JobEntry {
  readonly namespace: string
  readonly name: string
  readonly status: HealthStatus
  /** Every rule that matched, worst first; `["ok"]` when none did. */
  readonly reasons: readonly string[]
  /** How many runs are in progress. */
  readonly running: number
  /** When the newest run started. */
  readonly last_run?: string
}

/** What is checked of the data of a job: its metrics with a threshold, and its assertions. */
export interface Quality {
  /** How many checks there are. */
  readonly checks: number
  /** How many of them fail. */
  readonly failed: number
  /** The names of the first 5 that fail, in alphabetical order. */
  readonly failing?: readonly string[]
}

/** One source: a direct child job of a pipeline, or a pipeline without children. */
export interface SourceStatus extends JobEntry {
  /** The key of the pipeline it belongs to. */
  readonly pipeline: string
  /** The state of the newest run. */
  readonly state?: RunState
  readonly last_success?: string
  /** How long the newest finished run took, where its start is known. */
  readonly duration_ms?: number
  /** The 95th percentile of recent successes; absent below 10 of them. */
  readonly usual_ms?: number
  /** Successes among the finished runs of `history`, aborted ones left out; 0 to 1. */
  readonly success_rate?: number
  /** Records written by all its runs. */
  readonly records: number
  /** When the next run is expected, where the job has a schedule. */
  readonly next_expected?: string
  /** Since when it is late. */
  readonly late_since?: string
  /** The run in progress has been silent for too long to be believed. */
  readonly stale?: true
  /** The running or newest run takes much longer than usual. */
  readonly slow?: true
  /** Why the newest run failed. */
  readonly error?: string
  /** One letter a run (see {@link RUN_LETTERS}), oldest first, at most 90. */
  readonly history: string
  /** Absent when nothing is checked of its data. */
  readonly quality?: Quality
}

/** One pipeline: a root job together with its sources. */
export interface PipelineEntry extends JobEntry {
  readonly sources: number
  readonly healthy: number
  /** When its own next run is expected, where it has a schedule. */
  readonly next_expected?: string
  /** Since when its own run is late. */
  readonly late_since?: string
}

/** One thing that a person should look at now. */
export interface Alert {
  /** Names this transition: the same id means the same alert. */
  readonly id: string
  /** `high`: it is failing now; `info`: it was, within the last day. */
  readonly severity: 'high' | 'info'
  /** The key of the source or the pipeline. */
  readonly source: string
  readonly since?: string
  readonly title: string
  readonly message: string
}

/** Records written by runs. */
export interface EventTotals {
  readonly total: number
  readonly last_24h: number
  readonly last_hour: number
  readonly last_at?: string
}

/** One work queue as its owner last reported it. */
export interface QueueEntry {
  readonly depth: number
  readonly running: number
}

/** All queues together, and each of them. */
export interface QueueTotals {
  readonly queued: number
  readonly running: number
  readonly queues: Readonly<Record<string, QueueEntry>>
}

/** How many there are of each. Sources are counted by status; runs by when they ended. */
export interface StatusTotals {
  readonly pipelines: number
  readonly sources: number
  readonly healthy: number
  readonly late: number
  readonly degraded: number
  readonly failing: number
  readonly unknown: number
  readonly paused: number
  readonly runs_24h: number
  readonly failed_24h: number
}

/**
 * The `data` of the feed `pipeline-status`. Maps are keyed by `namespace/name`, and by the bare
 * name for jobs of the namespace `default`; a `/` within a name is written %2F. No member is ever `null`: absent means not known, or
 * not so.
 */
export interface PipelineStatus {
  readonly status: HealthStatus
  readonly last_run?: string
  /** The data comes from the demo reporter. */
  readonly demo?: true
  readonly sources: Readonly<Record<string, SourceStatus>>
  readonly events: EventTotals
  readonly pipelines: Readonly<Record<string, PipelineEntry>>
  readonly queue: QueueTotals
  readonly totals: StatusTotals & {
    /** How many alerts there are; only in a view that leaves them out. */
    readonly alerts?: number
  }
  readonly alerts: readonly Alert[]
}
