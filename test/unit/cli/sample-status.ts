import type { PipelineStatus, SourceStatus } from '../../../src/protocol/index.js'
import type { StatusUpdate } from '../../../src/cli/server-frame.js'
import { initialState, nextState, type WatchState } from '../../../src/cli/watch/watch-state.js'

/** The instant at which all samples were made. */
export const SAMPLE_AT = '2026-01-28T12:30:45.000Z'

/** The same in milliseconds. */
export const SAMPLE_NOW = Date.parse(SAMPLE_AT)

/** A healthy source of the pipeline `nightly`, changed as told. */
export function sampleSource(name: string, change: Partial<SourceStatus> = {}): SourceStatus {
  return {
    namespace: 'default',
    name,
    status: 'Healthy',
    reasons: ['ok'],
    state: 'COMPLETED',
    running: 0,
    last_run: '2026-01-28T12:25:45.000Z',
    duration_ms: 135_000,
    success_rate: 0.98,
    records: 1234,
    pipeline: 'nightly',
    history: 'ccccfccM',
    ...change,
  }
}

/** A document with these sources under the pipeline `nightly`; its totals are counted from them. */
export function sampleStatus(sources: readonly SourceStatus[]): PipelineStatus {
  const count = (status: string) => sources.filter((source) => source.status === status).length
  return {
    status: count('Failing') > 0 ? 'Failing' : 'Healthy',
    sources: Object.fromEntries(sources.map((source) => [source.name, source])),
    events: { total: 6980, last_24h: 81, last_hour: 3 },
    pipelines: {
      nightly: {
        namespace: 'default',
        name: 'nightly',
        status: count('Failing') > 0 ? 'Degraded' : 'Healthy',
        reasons: ['ok'],
        running: 0,
        sources: sources.length,
        healthy: count('Healthy'),
      },
    },
    queue: { queued: 4, running: 2, queues: { scraping: { depth: 4, running: 2 } } },
    totals: {
      pipelines: 1,
      sources: sources.length,
      healthy: count('Healthy'),
      late: count('Late'),
      degraded: count('Degraded'),
      failing: count('Failing'),
      unknown: count('Unknown'),
      paused: count('Paused'),
      runs_24h: 40,
      failed_24h: 1,
    },
    alerts: [],
  }
}

/** An update with this data, made at {@link SAMPLE_AT}. */
export function sampleUpdate(
  data: PipelineStatus,
  change: Partial<StatusUpdate> = {},
): StatusUpdate {
  return {
    type: 'pipeline_status_update',
    timestamp: SAMPLE_AT,
    epoch: 'e1',
    seq: 1,
    generated_at: SAMPLE_AT,
    data,
    ...change,
  }
}

/** The greeting of a server whose times are short enough for a test. */
export function sampleGreeting(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'connection_status',
    timestamp: new Date().toISOString(),
    data: {
      status: 'connected',
      message: 'welcome',
      sid: 's1',
      protocol: 'pipecast.v1',
      broadcast_interval_ms: 200,
      ping_interval_ms: 25_000,
      stale_after_ms: 15_000,
      max_age_ms: 1_800_000,
      epoch: 'e1',
      ...change,
    },
  }
}

/** The state of a live connection that has just received this update. */
export function liveState(update: StatusUpdate): WatchState {
  return nextState(
    initialState('http://localhost:8000'),
    { kind: 'received', via: 'socket', text: JSON.stringify(update), frame: update },
    SAMPLE_NOW,
  )
}
