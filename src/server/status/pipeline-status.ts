import { createHash } from 'node:crypto'
import type {
  Alert,
  EventTotals,
  HealthStatus,
  PipelineEntry,
  PipelineStatus,
  Quality,
  QueueTotals,
  SourceStatus,
  StatusTotals,
} from '../../protocol/index.js'
import { worstOf } from './health-status.js'
import { instant } from './instant.js'
import { type JobHealth, jobHealth } from './job-health.js'
import { groupByRoot } from './job-tree.js'
import type { Clock } from './lateness.js'
import { pipelineHealth } from './pipeline-health.js'
import type {
  JobFacts,
  QualityFacts,
  QueueFacts,
  RecentTotals,
  StatusFacts,
} from './status.queries.js'

/** A job together with its place in the document and the judgement on it. */
interface Judged {
  readonly id: string
  readonly parentId: string | null
  readonly key: string
  readonly facts: JobFacts
  readonly health: JobHealth
}

/** An entry while it is put together: what is not known is never set, not even to undefined. */
type Draft<Entry> = { -readonly [Key in keyof Entry]: Entry[Key] }

/** The namespace whose jobs are known by their bare names. */
const DEFAULT_NAMESPACE = 'default'

/**
 * The document of the feed `pipeline-status`. Pure: what the database says, and the time.
 *
 * @param facts - as read in one transaction.
 * @param clock - the time at which they are judged.
 */
export function pipelineStatus(facts: StatusFacts, clock: Clock, isDemo: boolean): PipelineStatus {
  const judged = facts.jobs.map(
    (job): Judged => ({
      id: job.id,
      parentId: job.parentId,
      key: keyOf(job),
      facts: job,
      health: jobHealth(job.expectations, job.runs, {
        ...clock,
        failedChecks: job.quality.failed,
      }),
    }),
  )
  const groups = groupByRoot(judged)
  const sources: [string, SourceStatus][] = []
  const pipelines: [string, PipelineEntry][] = []
  for (const [root, members] of groups) {
    for (const member of members) sources.push([member.key, sourceStatus(member, root.key)])
    pipelines.push([root.key, pipelineEntry(root, members)])
  }
  const shown = [...groups.values()].flat()
  const lastRunAt = newest(judged, (job) => job.facts.runs.newestStartedAt)
  return {
    status: worstOf(pipelines.map(([, pipeline]) => pipeline.status)),
    ...(lastRunAt === null ? {} : { last_run: instant(lastRunAt) }),
    ...(isDemo ? { demo: true } : {}),
    // From entries, because assigning would lose a job whose name is __proto__.
    sources: Object.fromEntries(sources),
    events: eventTotals(judged, facts.totals),
    pipelines: Object.fromEntries(pipelines),
    queue: queueTotals(facts.queues),
    totals: statusTotals(groups.size, shown, facts.totals),
    alerts: alertsOf([...new Set([...groups.keys(), ...shown])], facts.recoveries),
  }
}

/**
 * Stable whatever else is reported: it depends on nothing but the job. A `/` within the name is
 * written %2F, so that no two jobs share a key.
 */
function keyOf({ namespace, name }: JobFacts): string {
  const encoded = /[%/]/.test(name) ? name.replaceAll('%', '%25').replaceAll('/', '%2F') : name
  return namespace === DEFAULT_NAMESPACE ? encoded : `${namespace}/${encoded}`
}

function sourceStatus({ facts, health }: Judged, pipeline: string): SourceStatus {
  const { runs } = facts
  const source: Draft<SourceStatus> = {
    namespace: facts.namespace,
    name: facts.name,
    status: health.status,
    reasons: health.reasons,
    running: health.running,
    pipeline,
    records: facts.recordsTotal,
    history: runs.history,
  }
  if (facts.newestState !== null) source.state = facts.newestState
  if (runs.newestStartedAt !== null) source.last_run = instant(runs.newestStartedAt)
  if (runs.lastSuccessAt !== null) source.last_success = instant(runs.lastSuccessAt)
  if (runs.newestDurationMs !== null) source.duration_ms = Math.round(runs.newestDurationMs)
  if (runs.usualMs !== null) source.usual_ms = Math.round(runs.usualMs)
  if (health.successRate !== null) source.success_rate = rounded(health.successRate)
  if (health.nextExpectedAt !== null) source.next_expected = instant(health.nextExpectedAt)
  if (health.lateSince !== null) source.late_since = instant(health.lateSince)
  if (health.stale) source.stale = true
  if (health.slow) source.slow = true
  if (facts.newestError !== null) source.error = facts.newestError
  if (facts.quality.checks > 0) source.quality = quality(facts.quality)
  return source
}

function quality({ checks, failed, failing }: QualityFacts): Quality {
  return { checks, failed, ...(failing.length > 0 ? { failing } : {}) }
}

function pipelineEntry(root: Judged, sources: readonly Judged[]): PipelineEntry {
  const children = sources.filter((source) => source !== root)
  const { facts } = root
  const health = pipelineHealth(
    root.health,
    children.map((child) => child.health.status),
  )
  const entry: Draft<PipelineEntry> = {
    namespace: facts.namespace,
    name: facts.name,
    status: health.status,
    reasons: health.reasons,
    running: root.health.running,
    sources: sources.length,
    healthy: countOf(sources, 'Healthy'),
  }
  if (facts.runs.newestStartedAt !== null) entry.last_run = instant(facts.runs.newestStartedAt)
  if (root.health.nextExpectedAt !== null) entry.next_expected = instant(root.health.nextExpectedAt)
  if (root.health.lateSince !== null) entry.late_since = instant(root.health.lateSince)
  return entry
}

function eventTotals(judged: readonly Judged[], recent: RecentTotals): EventTotals {
  const lastAt = newest(judged, (job) => job.facts.recordsAt)
  return {
    total: judged.reduce((total, job) => total + job.facts.recordsTotal, 0),
    last_24h: recent.records24h,
    last_hour: recent.recordsLastHour,
    ...(lastAt === null ? {} : { last_at: instant(lastAt) }),
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

/** Who is failing now, and who has stopped lately. */
function alertsOf(
  judged: readonly Judged[],
  recoveries: ReadonlyMap<string, number>,
): readonly Alert[] {
  return judged.flatMap((job) => {
    if (job.health.status === 'Failing') return [failingAlert(job)]
    const recoveredAt = recoveries.get(job.id)
    const isMuted = recoveredAt === undefined || job.health.status === 'Paused'
    return isMuted ? [] : [recoveryAlert(job, recoveredAt)]
  })
}

function recoveryAlert({ id, key, health }: Judged, recoveredAt: number): Alert {
  return {
    id: alertId(id, `recovered ${recoveredAt}`),
    severity: 'info',
    source: key,
    since: instant(recoveredAt),
    title: `${key} is no longer failing`,
    message: `it is ${health.status} now`,
  }
}

/** The id follows from the source and since when: the same trouble is the same alert. */
function failingAlert({ id, key, facts, health }: Judged): Alert {
  const since = facts.failingSince ?? health.lateSince
  return {
    id: alertId(id, `failing ${since ?? ''}`),
    severity: 'high',
    source: key,
    ...(since === null ? {} : { since: instant(since) }),
    title: `${key} is failing`,
    message: facts.newestError ?? `reasons: ${health.reasons.join(', ')}`,
  }
}

function alertId(jobId: string, what: string): string {
  return createHash('sha256').update(`${jobId} ${what}`).digest('hex').slice(0, 16)
}

function rounded(rate: number): number {
  return Math.round(rate * 10_000) / 10_000
}

function newest(
  judged: readonly Judged[],
  instantOf: (job: Judged) => number | null,
): number | null {
  return judged.reduce<number | null>((latest, job) => {
    const at = instantOf(job)
    return at !== null && (latest === null || at > latest) ? at : latest
  }, null)
}
