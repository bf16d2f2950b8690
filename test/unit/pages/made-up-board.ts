import type { PipelineEntry, PipelineStatus, SourceStatus } from '../../../src/protocol/index.js'

/** A source of the namespace `default` that is well, unless it is said to be otherwise. */
export function sourceNamed(name: string, more: Partial<SourceStatus> = {}): SourceStatus {
  return {
    namespace: 'default',
    name,
    status: 'Healthy',
    reasons: ['ok'],
    running: 0,
    pipeline: name,
    records: 0,
    history: '',
    ...more,
  }
}

/** A board of these sources and pipelines, by key. */
export function boardOf(
  sources: Readonly<Record<string, SourceStatus>>,
  pipelines: Readonly<Record<string, PipelineEntry>> = {},
): PipelineStatus {
  return {
    status: 'Healthy',
    sources,
    pipelines,
    events: { total: 0, last_24h: 0, last_hour: 0 },
    queue: { queued: 0, running: 0, queues: {} },
    totals: {
      pipelines: Object.keys(pipelines).length,
      sources: Object.keys(sources).length,
      healthy: 0,
      late: 0,
      degraded: 0,
      failing: 0,
      unknown: 0,
      paused: 0,
      runs_24h: 0,
      failed_24h: 0,
    },
    alerts: [],
  }
}
