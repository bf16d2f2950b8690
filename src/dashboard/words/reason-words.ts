import {
  type HealthStatus,
  type PipelineEntry,
  reasonWords,
  type SourceStatus,
} from '../../protocol/index.js'

/**
 * Why a source or a pipeline is as it is, worst first, in one line; empty when there is nothing to
 * say. What the failed run itself said comes last.
 */
export function whyWords(
  entry: Pick<SourceStatus, 'reasons' | 'stale' | 'error'> | Pick<PipelineEntry, 'reasons'>,
): string {
  const reasons = entry.reasons.filter((reason) => reason !== 'ok').map(reasonWords)
  const silent = 'stale' in entry ? ['its run has been silent'] : []
  const why = [...reasons, ...silent].join(', ')
  const error = 'error' in entry ? entry.error : undefined
  const isFailure = entry.reasons.some((reason) => reason === 'failed' || reason === 'timed_out')
  if (error === undefined || !isFailure) return capitalised(why)
  return capitalised(why === '' ? error : `${why}: ${error}`)
}

/** What a status means to a person who sees the word for the first time. */
export const STATUS_MEANINGS: Readonly<Record<HealthStatus, string>> = {
  Failing: 'the newest runs failed, took too long or never came',
  Degraded: 'it works, but not as it should',
  Late: 'a run is due and has not begun',
  Unknown: 'no run has succeeded or failed yet',
  Healthy: 'nothing is wrong',
  Paused: 'somebody paused it; it does not count',
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
