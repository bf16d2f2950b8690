import { RUN_LETTERS, type RunState } from '../../src/protocol/index.js'
import type { JobExpectations, RecentRuns } from '../../src/server/status/job.js'

/** One run as the table `run` holds it. Instants are milliseconds since the epoch. */
export interface RunRow {
  readonly runId: string
  readonly state: RunState
  readonly startedAt: number
  readonly endedAt: number | null
  /** When its newest event arrived. */
  readonly heardAt: number
  /** `startedAt` comes from a START event and is not merely the earliest event. */
  readonly hasStart: boolean
  /** The run that it is an attempt of something in; none unless said. */
  readonly parentRunId?: string | null
}

const HISTORY_LENGTH = 90
const MAX_LOOKED_AT = 500
const MAX_SUCCESSES = 30
const MIN_SUCCESSES = 10

/** An instant of 28 January 2026, in UTC. */
export function at(time: string): number {
  return Date.parse(`2026-01-28T${time}Z`)
}

/** A job that expects nothing, created long ago, except for what a test says. */
export function jobWith(expectations: Partial<JobExpectations> = {}): JobExpectations {
  return {
    createdAt: Date.parse('2026-01-01T00:00:00Z'),
    expectedSinceAt: null,
    paused: false,
    processingType: 'BATCH',
    schedule: null,
    graceMs: 5 * 60_000,
    maxRuntimeMs: null,
    heartbeatTimeoutMs: null,
    failureTolerance: 1,
    recoveryThreshold: 1,
    freshnessMs: null,
    ...expectations,
  }
}

/** A run; finished ones end when they start unless told otherwise. */
export function run(state: RunState, startedAt: number, row: Partial<RunRow> = {}): RunRow {
  const isOver = state !== 'NEW' && state !== 'RUNNING'
  const endedAt = isOver ? startedAt : null
  const runId = `${state}-${startedAt}`
  return { runId, state, startedAt, endedAt, heardAt: startedAt, hasStart: true, ...row }
}

/** The newest 90 that count, oldest first: those that no later attempt has replaced. */
export function countingRuns<Row extends RunRow>(rows: readonly Row[]): readonly Row[] {
  const newest = [...rows].sort(byStartThenId).slice(-MAX_LOOKED_AT)
  return newest
    .filter((row, index) => !newest.slice(index + 1).some((later) => replaces(later, row)))
    .slice(-HISTORY_LENGTH)
}

/** An attempt without an outcome replaces nothing. */
function replaces(later: RunRow, earlier: RunRow): boolean {
  const parentRunId = earlier.parentRunId ?? null
  const hasOutcome = !['NEW', 'RUNNING', 'ABORTED'].includes(later.state)
  return parentRunId !== null && later.parentRunId === parentRunId && hasOutcome
}

/**
 * What the database keeps in `job_summary`, worked out from the rows: by (start, id), the newest
 * 90 that count for everything but the runs in progress and the last success, which are looked for
 * in all.
 */
export function recentRuns(rows: readonly RunRow[]): RecentRuns {
  const all = [...rows].sort(byStartThenId)
  const recent = countingRuns(rows)
  const newest = recent.at(-1)
  const inProgress = all.filter(({ state }) => state === 'NEW' || state === 'RUNNING')
  const successesMs = recent
    .slice(0, -1)
    .filter(({ state }) => state === 'COMPLETED')
    .map(durationMs)
    .filter((tookMs) => tookMs !== null)
    .slice(-MAX_SUCCESSES)
  return {
    history: recent.map(({ state }) => RUN_LETTERS[state]).join(''),
    running: inProgress.length,
    newestStartedAt: newest?.startedAt ?? null,
    newestEndedAt: newest?.endedAt ?? null,
    runningStartedAt: latest(inProgress.map(({ startedAt }) => startedAt)),
    runningHeardAt: latest(inProgress.map(({ heardAt }) => heardAt)),
    lastSuccessAt: latest(
      all.filter(({ state }) => state === 'COMPLETED').map(({ endedAt }) => endedAt ?? -Infinity),
    ),
    newestDurationMs: newest === undefined ? null : durationMs(newest),
    usualMs: successesMs.length < MIN_SUCCESSES ? null : percentile95(successesMs),
    longestSuccessMs: latest(successesMs),
  }
}

/** The order of runs: by start, then by id. */
export function byStartThenId(one: RunRow, other: RunRow): number {
  return one.startedAt - other.startedAt || (one.runId < other.runId ? -1 : 1)
}

function durationMs({ startedAt, endedAt, hasStart }: RunRow): number | null {
  return hasStart && endedAt !== null && endedAt >= startedAt ? endedAt - startedAt : null
}

/** The discrete percentile, as `percentile_disc(0.95)`. */
function percentile95(values: readonly number[]): number | null {
  return [...values].sort((one, other) => one - other)[Math.ceil(0.95 * values.length) - 1] ?? null
}

function latest(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values)
}
