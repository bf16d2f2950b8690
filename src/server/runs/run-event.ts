/** What happened to a run, in the words of OpenLineage. */
export const RUN_EVENT_TYPES = ['START', 'RUNNING', 'COMPLETE', 'FAIL', 'ABORT', 'OTHER'] as const

/** What happened to a run. */
export type RunEventType = (typeof RUN_EVENT_TYPES)[number]

/** Another run that this run belongs to, and the job that it is a run of. */
export interface RunReference {
  readonly runId: string
  readonly namespace: string
  readonly name: string
}

/** What a test of data found. */
export interface Assertion {
  /** What is asserted, and of which dataset: the same name is the same assertion. */
  readonly name: string
  readonly isSuccess: boolean
  /** Its failure is worth a warning, and degrades nothing. */
  readonly isWarning?: boolean
}

/**
 * The one canonical form of "something happened to a run": every way of reporting ends here, and
 * the write path knows nothing else. Text holds neither NUL nor lone surrogates; instants are
 * ISO 8601 in UTC with at most six fractional digits, as Postgres keeps them.
 */
export interface RunEvent {
  /** sha256 of the canonical JSON of `raw`, in hex: the same event twice is one event. */
  readonly id: string
  readonly namespace: string
  readonly name: string
  /** A lower-case UUID. */
  readonly runId: string
  readonly type: RunEventType
  /** When it happened, by the producer's clock. */
  readonly at: string
  /** `at` is when it was received, because its own time cannot be believed. */
  readonly isReceiptTime?: true
  readonly parent?: RunReference
  readonly root?: RunReference
  readonly nominalStartAt?: string
  readonly nominalEndAt?: string
  /** At most 2,000 characters, without a stack trace. */
  readonly error?: string
  readonly rowsWritten?: number
  readonly bytesWritten?: number
  readonly exitCode?: number
  /** The end of what the run printed: at most 10 kB of it, the last. */
  readonly logTail?: string
  /** How far the run has come, in units of its own. */
  readonly progress?: { readonly done: number; readonly total?: number }
  readonly processingType?: 'BATCH' | 'STREAMING'
  readonly description?: string
  /** Names of who answers for the job: at most 20, of at most 200 characters. */
  readonly owners?: readonly string[]
  /** At most 200, each of a name of its own of at most 200 characters. */
  readonly assertions?: readonly Assertion[]
  /** The event as it came, secrets redacted; kept for audit and replay, never broadcast. */
  readonly raw: unknown
}
