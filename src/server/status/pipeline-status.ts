import { createHash } from 'node:crypto'
import type {
  Alert,
  HealthStatus,
  PipelineEntry,
  PipelineStatus,
  QueueTotals,
  SourceStatus,
  StatusTotals,
} from '../../protocol/index.js'
import { worstOf } from './health-status.js'
import { type JobHealth, jobHealth } from './job-health.js'
import { groupByRoot } from './job-tree.js'
import type { Clock } from './lateness.js'
import { pipelineHealth } from './pipeline-health.js'
import type { JobFacts, QueueFacts, RecentTotals, StatusFacts } from './status.queries.js'

interface Judged extends JobFacts {
  readonly key: string
  readonly health: JobHealth
}

/** The namespace whose jobs are known by their bare names. */
const DEFAULT_NAMESPACE = 'default'

/**
 * The document of the feed `pipeline-status`. Pure: what the database says, and the time.
 *
 * @param facts - as read in one transaction.
 * @param clock - the time at which they are judged.
 */
export function pipelineStatus(facts: StatusFacts, clock: Clock, isDemo: boolean): PipelineStatus {
  const judged = facts.jobs.map((job) => ({
    ...job,
    key: keyOf(job),
    health: jobHealth(job.expectations, job.runs, clock),
  }))
  const groups = groupByRoot(judged)
  const sources: Record<string, SourceStatus> = {}
  const pipelines: Record<string, PipelineEntry> = {}
  for (const [root, members] of groups) {
    for (const member of members) sources[member.key] = sourceStatus(member, root.key)
    pipelines[root.key] = pipelineEntry(root, members)
  }
  const shown = [...groups.values()].flat()
  const status = worstOf(Object.values(pipelines).map((pipeline) => pipeline.status))
  return {
    status,
    ...optional('last_run', instant(newest(judged.map((job) => job.runs.newestStartedAt)))),
    ...(isDemo ? { demo: true } : {}),
    sources,
    events: {
      total: judged.reduce((total, job) => total + job.recordsTotal, 0),
      last_24h: facts.totals.records24h,
      last_hour: facts.totals.recordsLastHour,
      ...optional('last_at', instant(newest(judged.map((job) => job.recordsAt)))),
    },
    pipelines,
    queue: queueTotals(facts.queues),
    totals: statusTotals(groups.size, shown, facts.totals),
    alerts: shown.filter((job) => job.health.status === 'Failing').map(failingAlert),
  }
}

/** Stable whatever else is reported: it never depends on which other jobs there are. */
function keyOf(job: JobFacts): string {
  return job.namespace === DEFAULT_NAMESPACE ? job.name : `${job.namespace}/${job.name}`
}

function sourceStatus(job: Judged, pipeline: string): SourceStatus {
  const { runs, health } = job
  return {
    namespace: job.namespace,
    name: job.name,
    status: health.status,
    reasons: health.reasons,
    running: health.running,
    pipeline,
    ...optional('state', job.newestState ?? undefined),
    ...optional('last_run', instant(runs.newestStartedAt)),
    ...optional('last_success', instant(runs.lastSuccessAt)),
    ...optional('duration_ms', whole(runs.newestDurationMs)),
    ...optional('usual_ms', whole(runs.usualMs)),
    ...optional('success_rate', rounded(health.successRate)),
    records: job.recordsTotal,
    ...optional('next_expected', instant(health.nextExpectedAt)),
    ...optional('late_since', instant(health.lateSince)),
    ...(health.stale ? { stale: true } : {}),
    ...(health.slow ? { slow: true } : {}),
    ...optional('error', job.newestError ?? undefined),
    history: runs.history,
  }
}

function pipelineEntry(root: Judged, sources: readonly Judged[]): PipelineEntry {
  const children = sources.filter((source) => source !== root)
  const own = root.runs.history === '' && children.length > 0 ? null : root.health
  const health = pipelineHealth(
    own,
    children.map((child) => child.health.status),
  )
  return {
    namespace: root.namespace,
    name: root.name,
    status: health.status,
    reasons: health.reasons,
    running: root.health.running,
    ...optional('last_run', instant(root.runs.newestStartedAt)),
    sources: sources.length,
    healthy: countOf(sources, 'Healthy'),
  }
}

function statusTotals(
  pipelines: number,
  sources: readonly Judged[],
  totals: RecentTotals,
): StatusTotals {
  return {
    pipelines,
    sources: sources.length,
    healthy: countOf(sources, 'Healthy'),
    late: countOf(sources, 'Late'),
    degraded: countOf(sources, 'Degraded'),
    failing: countOf(sources, 'Failing'),
    unknown: countOf(sources, 'Unknown'),
    paused: countOf(sources, 'Paused'),
    runs_24h: totals.runs24h,
    failed_24h: totals.failed24h,
  }
}

function countOf(sources: readonly Judged[], status: HealthStatus): number {
  return sources.filter((source) => source.health.status === status).length
}

function queueTotals(queues: readonly QueueFacts[]): QueueTotals {
  return {
    queued: queues.reduce((sum, queue) => sum + queue.depth, 0),
    running: queues.reduce((sum, queue) => sum + queue.running, 0),
    queues: Object.fromEntries(
      queues.map(({ name, depth, running }) => [name, { depth, running }]),
    ),
  }
}

/** The id follows from the source and since when: the same trouble is the same alert. */
function failingAlert(job: Judged): Alert {
  const since = instant(job.failingSince ?? job.health.lateSince)
  const id = createHash('sha256')
    .update(`${job.id} ${since ?? ''}`)
    .digest('hex')
  return {
    id: id.slice(0, 16),
    severity: 'high',
    source: job.key,
    ...optional('since', since),
    title: `${job.key} is failing`,
    message: job.newestError ?? `reasons: ${job.health.reasons.join(', ')}`,
  }
}

/** Absent means not known: a document holds no null, so that merge patches of it are exact. */
function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value }
}

function instant(at: number | null): string | undefined {
  return at === null ? undefined : new Date(at).toISOString()
}

function whole(ms: number | null): number | undefined {
  return ms === null ? undefined : Math.round(ms)
}

function rounded(rate: number | null): number | undefined {
  return rate === null ? undefined : Math.round(rate * 10_000) / 10_000
}

function newest(instants: readonly (number | null)[]): number | null {
  return instants.reduce(
    (latest, at) => (at !== null && (latest === null || at > latest) ? at : latest),
    null,
  )
}
