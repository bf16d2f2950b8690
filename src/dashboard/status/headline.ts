import type { StatusTotals } from '../../protocol/index.js'
import { countOf } from '../words/count-words.js'
import { failingCount, type Judged, pipelineTroubles, type Problem, PROBLEMS } from './problems.js'

/** The board in one sentence: `2 sources failing, 1 late`. */
export function headline(judged: Judged): string {
  const ofSources = sourcesWords(judged.totals)
  const ofPipelines = pipelinesWords(judged)
  return ofPipelines === ''
    ? ofSources
    : `${ofPipelines}; ${ofSources.charAt(0).toLowerCase()}${ofSources.slice(1)}`
}

/**
 * What the tab says: `(2) Pipecast: 2 sources failing`, so that it is seen in a row of tabs.
 *
 * @param isOutOfDate - nobody knows whether it still is so.
 */
export function documentTitle(judged: Judged | undefined, isOutOfDate: boolean): string {
  if (judged === undefined) return 'Pipecast'
  const failing = failingCount(judged)
  const words = isOutOfDate ? 'may be out of date' : headline(judged)
  return `${failing > 0 ? `(${failing}) ` : ''}Pipecast: ${words}`
}

function sourcesWords(totals: StatusTotals): string {
  if (totals.sources === 0) return 'Nothing has been reported yet'
  const problems = problemWords((problem) => totals[problem], 'source')
  if (problems !== '') return problems
  const watched = totals.sources - totals.paused
  if (watched === 0) return `${countOf(totals.sources, 'source')} paused`
  if (totals.unknown === watched) return `${countOf(watched, 'source')}, no run has ended yet`
  if (totals.unknown > 0)
    return `${countOf(totals.healthy, 'source')} healthy, ${totals.unknown} unknown`
  return watched === 1 ? 'The one source is healthy' : `All ${countOf(watched, 'source')} healthy`
}

/** Empty when no pipeline is in trouble by its own runs. */
function pipelinesWords(judged: Judged): string {
  const troubles = pipelineTroubles(judged)
  const [only] = troubles
  if (only !== undefined && troubles.length === 1) return `Pipeline ${only.name} ${only.problem}`
  const countAs = (problem: Problem) => troubles.filter((one) => one.problem === problem).length
  return problemWords(countAs, 'pipeline')
}

/** `2 sources failing, 1 late`; empty without a problem. */
function problemWords(countAs: (problem: Problem) => number, noun: string): string {
  return PROBLEMS.filter((problem) => countAs(problem) > 0)
    .map((problem, at) => {
      const count = countAs(problem)
      return `${at === 0 ? countOf(count, noun) : count} ${problem}`
    })
    .join(', ')
}
