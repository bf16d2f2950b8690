import type { RunState } from '../../protocol/index.js'

/** A job as `GET /api/v1/namespaces/{namespace}/jobs/{job}` shows it; what is not read here is left out. */
export interface JobAnswer {
  readonly description?: string
  /** Who answers for it. */
  readonly owners?: readonly string[]
  readonly schedule?: {
    readonly interval?: string
    readonly cron?: string
    readonly timezone?: string
  }
  readonly grace?: string
  readonly max_runtime?: string
  readonly heartbeat_timeout?: string
  readonly freshness?: string
  readonly failure_tolerance?: number
}

/** A run as the server shows it; `log_tail` comes only with a single run. */
export interface RunAnswer {
  readonly run_id: string
  readonly state: RunState
  readonly started_at: string
  readonly ended_at?: string
  readonly duration_ms?: number
  readonly error?: string
  readonly exit_code?: number
  readonly log_tail?: string
  readonly rows_written?: number
  readonly progress?: { readonly done: number; readonly total?: number }
}

/** Where the API knows a job. */
export function jobPath(namespace: string, name: string): string {
  return `api/v1/namespaces/${encodeURIComponent(namespace)}/jobs/${encodeURIComponent(name)}`
}
