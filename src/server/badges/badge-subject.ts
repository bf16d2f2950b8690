import { HEALTH_STATUSES, type HealthStatus, type PipelineStatus } from '../../protocol/index.js'

/** What a badge speaks of. */
export interface BadgeSubject {
  readonly name: string
  readonly status: HealthStatus
  /** Since when it is late or failing, ISO 8601 in UTC; absent when it is neither, or not known. */
  readonly since?: string
  readonly last_run?: string
}

/** A document of any feed; only what is there is believed. */
export type BadgeDocument = Partial<PipelineStatus>

/**
 * Finds what a badge speaks of. What is both a pipeline and a source of its own speaks as the
 * pipeline, which is never better than the source.
 *
 * @param key - of a source or a pipeline; `null` for the whole document.
 * @returns `null` when there is no such source or pipeline.
 */
export function findSubject(document: BadgeDocument, key: string | null): BadgeSubject | null {
  if (key === null) {
    return { name: 'pipelines', status: known(document.status), ...lastRun(document) }
  }
  const entry = ownMember(document.pipelines, key) ?? ownMember(document.sources, key)
  if (entry === undefined) return null
  const since = entry.late_since ?? alertSince(document, key)
  return {
    name: entry.name,
    status: known(entry.status),
    ...(since === undefined ? {} : { since }),
    ...lastRun(entry),
  }
}

/** Own members alone: a job may well be called `constructor`. */
function ownMember<Entry>(
  map: Readonly<Record<string, Entry>> | undefined,
  key: string,
): Entry | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined
}

function alertSince({ alerts }: BadgeDocument, key: string): string | undefined {
  return alerts?.find(({ source, severity }) => source === key && severity === 'high')?.since
}

function known(status: unknown): HealthStatus {
  return HEALTH_STATUSES.find((one) => one === status) ?? 'Unknown'
}

function lastRun({ last_run }: { readonly last_run?: string }): { readonly last_run?: string } {
  return last_run === undefined ? {} : { last_run }
}
