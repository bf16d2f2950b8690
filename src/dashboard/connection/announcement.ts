import type { HealthStatus, PipelineStatus } from '../../protocol/index.js'
import type { Pill } from './pill.js'

/** What a listener knows: to be compared with what is true now. */
export interface Known {
  readonly pill: Pick<Pill, 'kind' | 'label'>
  /** Absent before the first data. */
  readonly status?: Pick<PipelineStatus, 'status' | 'sources'>
}

/** More changes than this are counted, not read out one by one. */
const MOST_READ_OUT = 3

/**
 * What is said aloud: transitions of the connection and of statuses, and nothing else.
 *
 * @param before - what was true when something was last said.
 * @returns `null` when there is nothing to say.
 */
export function announcement(before: Known, after: Known): string | null {
  const said = [connectionWords(before, after), ...statusWords(before, after)]
  const sentences = said.filter((sentence) => sentence !== null)
  return sentences.length === 0 ? null : sentences.join(' ')
}

/** The numbers in a label change all the time; the case that it tells of does not. */
function connectionWords(before: Known, after: Known): string | null {
  if (before.pill.kind === after.pill.kind) return null
  if (after.pill.kind === 'reconnecting') return 'Connection lost, reconnecting.'
  if (after.pill.kind === 'out-of-date') return 'Data may be out of date.'
  return `${after.pill.label}.`
}

function statusWords(before: Known, after: Known): readonly string[] {
  if (after.status === undefined || before.status === after.status) return []
  if (before.status === undefined) return [`Overall status: ${after.status.status}.`]
  const changes = changedSources(before.status.sources, after.status.sources)
  const overall =
    before.status.status === after.status.status ? [] : [`Overall status: ${after.status.status}.`]
  if (changes.length > MOST_READ_OUT) {
    return [...overall, `${changes.length} sources have changed their status.`]
  }
  return [...overall, ...changes.map(([key, status]) => `${key}: ${status}.`)]
}

function changedSources(
  before: PipelineStatus['sources'],
  after: PipelineStatus['sources'],
): readonly (readonly [key: string, status: HealthStatus])[] {
  if (before === after) return []
  return Object.entries(after).flatMap(([key, source]) => {
    const known = before[key]
    const isNews = known !== undefined && known !== source && known.status !== source.status
    return isNews ? [[key, source.status] as const] : []
  })
}
