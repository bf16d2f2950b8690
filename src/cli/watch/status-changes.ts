import type { HealthStatus, PipelineStatus } from '../../protocol/index.js'
import { printable } from '../text-fit.js'

/** One source whose status is another than before. */
export interface StatusChange {
  readonly source: string
  /** `null` for a source that is new. */
  readonly from: HealthStatus | null
  /** `null` for a source that is gone. */
  readonly to: HealthStatus | null
  readonly reasons: readonly string[]
}

/** The sources whose status differs between two documents, in the order of their names. */
export function statusChanges(before: PipelineStatus, after: PipelineStatus): StatusChange[] {
  const names = new Set([...Object.keys(before.sources), ...Object.keys(after.sources)])
  return [...names].sort().flatMap((source) => {
    const from = before.sources[source]?.status ?? null
    const to = after.sources[source]?.status ?? null
    if (from === to) return []
    return [{ source, from, to, reasons: after.sources[source]?.reasons ?? [] }]
  })
}

/** One change as a line of text. @param at - when, ISO 8601. */
export function changeLine(change: StatusChange, at: string): string {
  const reasons = change.reasons.length === 0 ? '' : ` (${change.reasons.join('; ')})`
  const steps = `${change.from ?? 'new'} → ${change.to ?? 'gone'}`
  return printable(`${at} ${change.source}: ${steps}${reasons}`)
}

/** The first line: what there is. @param at - when, ISO 8601. */
export function startLine(data: PipelineStatus, at: string): string {
  return printable(`${at} start: ${data.status}, ${countsText(data)}`)
}

const COUNTED = ['failing', 'degraded', 'late', 'unknown', 'healthy', 'paused'] as const

/** How many pipelines and sources there are, problems first; what is zero is left out. */
export function countsText({ totals }: PipelineStatus): string {
  const parts = COUNTED.filter((status) => totals[status] > 0).map(
    (status) => `${totals[status]} ${status}`,
  )
  const list = parts.length === 0 ? '' : `: ${parts.join(', ')}`
  return `${counted(totals.pipelines, 'pipeline')}, ${counted(totals.sources, 'source')}${list}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
