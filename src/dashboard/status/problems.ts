import {
  type HealthStatus,
  jobWords,
  type PipelineEntry,
  type PipelineStatus,
} from '../../protocol/index.js'

/** What of a document tells of problems. */
export type Judged = Pick<PipelineStatus, 'totals' | 'pipelines' | 'sources'>

/** The statuses that somebody should look at, the worst first. */
export const PROBLEMS = ['failing', 'late', 'degraded'] as const

/** One of {@link PROBLEMS}. */
export type Problem = (typeof PROBLEMS)[number]

const PROBLEM_OF: Readonly<Partial<Record<HealthStatus, Problem>>> = {
  Failing: 'failing',
  Late: 'late',
  Degraded: 'degraded',
}

/** A pipeline that is in trouble by its own runs, which are no source and in no total. */
export interface PipelineTrouble {
  /** As people write it. */
  readonly name: string
  readonly problem: Problem
}

/** The pipelines whose own runs are in trouble; those of failing sources are seen by these. */
export function pipelineTroubles({
  pipelines,
  sources,
}: Pick<Judged, 'pipelines' | 'sources'>): readonly PipelineTrouble[] {
  return Object.entries(pipelines).flatMap(([key, pipeline]) => {
    const problem = PROBLEM_OF[pipeline.status]
    const isOwn = !Object.hasOwn(sources, key) && !isOfSources(pipeline.reasons)
    return problem !== undefined && isOwn ? [{ name: jobWords(pipeline), problem }] : []
  })
}

/** How many sources and pipelines are failing. */
export function failingCount(judged: Judged): number {
  const pipelines = pipelineTroubles(judged).filter(({ problem }) => problem === 'failing')
  return judged.totals.failing + pipelines.length
}

/** Whether anything is to be looked at. */
export function hasProblems(judged: Judged): boolean {
  const { failing, late, degraded } = judged.totals
  return failing + late + degraded > 0 || pipelineTroubles(judged).length > 0
}

/** The worst reason comes first. */
function isOfSources([worst]: PipelineEntry['reasons']): boolean {
  return worst?.startsWith('source_') === true
}
