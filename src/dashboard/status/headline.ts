import type { PipelineStatus, StatusTotals } from '../../protocol/index.js'
import { countOf } from '../words/count-words.js'

const PROBLEMS = ['failing', 'late', 'degraded'] as const

/** The board in one sentence: `2 sources failing, 1 late`. */
export function headline({ totals }: Pick<PipelineStatus, 'totals'>): string {
  if (totals.sources === 0) return 'Nothing has been reported yet'
  const problems = PROBLEMS.filter((problem) => totals[problem] > 0)
  if (problems.length > 0)
    return problems.map((problem, at) => part(totals, problem, at)).join(', ')
  const watched = totals.sources - totals.paused
  if (watched === 0) return `${sourcesOf(totals.sources)} paused`
  if (totals.unknown === watched) return `${sourcesOf(watched)}, no run has ended yet`
  if (totals.unknown > 0) return `${sourcesOf(totals.healthy)} healthy, ${totals.unknown} unknown`
  return watched === 1 ? 'The one source is healthy' : `All ${sourcesOf(watched)} healthy`
}

/** What the tab says: `(2) Pipecast: 2 sources failing`, so that it is seen in a row of tabs. */
export function documentTitle(status: Pick<PipelineStatus, 'totals'> | undefined): string {
  if (status === undefined) return 'Pipecast'
  const { failing } = status.totals
  return `${failing > 0 ? `(${failing}) ` : ''}Pipecast: ${headline(status)}`
}

function part(totals: StatusTotals, problem: (typeof PROBLEMS)[number], at: number): string {
  return at === 0 ? `${sourcesOf(totals[problem])} ${problem}` : `${totals[problem]} ${problem}`
}

function sourcesOf(count: number): string {
  return countOf(count, 'source')
}
