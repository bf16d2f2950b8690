import { expectationsJson } from './job-expectations.js'
import type { RunFacts } from './job-runs.queries.js'
import type { JobFacts, JobSummary } from './jobs.queries.js'

/** A job as it is shown: what may be sent back with PUT, and what is known of it besides. */
export function jobAnswer(job: JobFacts): object {
  return {
    namespace: job.namespace,
    name: job.name,
    ...expectationsJson(job.expectations),
    ...known({
      processing_type: job.processingType,
      created_at: iso(job.createdAt),
      paused_at: iso(job.pausedAt),
      owners: job.owners,
      summary: summaryAnswer(job.summary),
    }),
  }
}

/** A run as it is shown. */
export function runAnswer(run: RunFacts): object {
  return known({
    run_id: run.runId,
    namespace: run.namespace,
    job: run.job,
    state: run.state,
    started_at: iso(run.startedAt),
    ended_at: iso(run.endedAt),
    duration_ms: run.durationMs,
    error: run.error,
    exit_code: run.exitCode,
    log_tail: run.logTail,
    rows_written: run.rowsWritten,
    bytes_written: run.bytesWritten,
    parent_run_id: run.parentRunId,
    root_run_id: run.rootRunId,
    progress:
      run.progressDone === null
        ? null
        : known({ done: run.progressDone, total: run.progressTotal }),
    nominal_start_at: iso(run.nominalStartAt),
    nominal_end_at: iso(run.nominalEndAt),
  })
}

function summaryAnswer(summary: JobSummary): object {
  return known({
    parent: summary.parent,
    running: summary.running,
    state: summary.newestState,
    last_run: iso(summary.newestStartedAt),
    last_success: iso(summary.lastSuccessAt),
    duration_ms: summary.newestDurationMs,
    usual_ms: summary.usualMs,
    longest_success_ms: summary.longestSuccessMs,
    failing_since: iso(summary.failingSince),
    error: summary.newestError,
    records: summary.recordsTotal,
    records_at: iso(summary.recordsAt),
    history: summary.history,
  })
}

/** Absent means not known: no answer holds null. */
function known(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
