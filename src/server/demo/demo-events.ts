import { DEMO_BOARD, DEMO_NAMESPACE, type DemoPipeline, type DemoSource } from './demo-board.js'
import { between, demoRunId } from './demo-chance.js'
import { type DemoRun, sourceRun, tickAt, tickBefore } from './demo-run.js'

const PRODUCER = 'urn:pipecast:demo'
const SPEC = 'https://openlineage.io/spec'

/** A run says that it still runs this often. */
const HEARTBEAT_MS = 30_000

interface Facet {
  readonly _producer: string
  readonly _schemaURL: string
  readonly [member: string]: unknown
}

type Facets = Readonly<Record<string, Facet>>

/** A RunEvent of OpenLineage 2-0-2, as the demo sends it. */
export interface OpenLineageEvent {
  readonly eventType: 'START' | 'RUNNING' | 'COMPLETE' | 'FAIL'
  readonly eventTime: string
  readonly producer: string
  readonly schemaURL: string
  readonly run: { readonly runId: string; readonly facets: Facets }
  readonly job: { readonly namespace: string; readonly name: string; readonly facets: Facets }
  readonly inputs: readonly never[]
  readonly outputs: readonly {
    readonly namespace: string
    readonly name: string
    readonly outputFacets: Facets
  }[]
}

/** One thing that happens in the demo, not yet put in the words of OpenLineage. */
interface Moment {
  readonly type: OpenLineageEvent['eventType']
  readonly at: number
  readonly tick: number
  readonly pipeline: DemoPipeline
  /** Absent when it is the pipeline's own run. */
  readonly source?: DemoSource
  readonly run: DemoRun
}

/**
 * Everything that the demo reports in a span of time, in order of time. A pure function: two spans
 * that touch give what the whole would, and the same span gives the same bytes.
 *
 * @param from - the first instant of the span.
 * @param to - the first instant after it; not later than `from` means no events.
 */
export function demoEvents(from: Date, to: Date): OpenLineageEvent[] {
  const [fromMs, toMs] = [from.getTime(), to.getTime()]
  return DEMO_BOARD.flatMap((pipeline) => pipelineMoments(pipeline, fromMs, toMs))
    .filter(({ at }) => at >= fromMs && at < toMs)
    .sort((one, other) => one.at - other.at) // stable: at one instant the order of the board holds
    .map(toEvent)
}

/** All moments of the ticks that a span touches; a run never outlasts its tick. */
function pipelineMoments(pipeline: DemoPipeline, fromMs: number, toMs: number): Moment[] {
  const moments: Moment[] = []
  const lastTick = tickBefore(pipeline, toMs - 1)
  for (let tick = tickBefore(pipeline, fromMs); tick <= lastTick; tick++) {
    moments.push(...tickMoments(pipeline, tick))
  }
  return moments
}

function tickMoments(pipeline: DemoPipeline, tick: number): Moment[] {
  const startedAt = tickAt(pipeline, tick)
  let lastEndedAt = startedAt
  const ofSources = pipeline.sources.flatMap((source) => {
    const run = sourceRun(pipeline, source, tick)
    if (run === null) return []
    lastEndedAt = Math.max(lastEndedAt, run.endedAt)
    return runMoments({ pipeline, source, tick, run })
  })
  // A failed source does not fail its pipeline: the others' work is done and kept.
  const wrapUpMs = Math.round(between(400, 900, `${pipeline.name}/${tick}/end`))
  const run = { startedAt, endedAt: lastEndedAt + wrapUpMs, rows: 0 }
  return [...runMoments({ pipeline, tick, run }), ...ofSources]
}

function runMoments(about: Omit<Moment, 'type' | 'at'>): Moment[] {
  const { startedAt, endedAt, error } = about.run
  const moments: Moment[] = [{ ...about, type: 'START', at: startedAt }]
  for (let at = startedAt + HEARTBEAT_MS; at < endedAt; at += HEARTBEAT_MS) {
    moments.push({ ...about, type: 'RUNNING', at })
  }
  moments.push({ ...about, type: error === undefined ? 'COMPLETE' : 'FAIL', at: endedAt })
  return moments
}

function toEvent(moment: Moment): OpenLineageEvent {
  const name = (moment.source ?? moment.pipeline).name
  return {
    eventType: moment.type,
    eventTime: new Date(moment.at).toISOString(),
    producer: PRODUCER,
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    run: { runId: demoRunId(name, moment.tick), facets: runFacets(moment) },
    job: { namespace: DEMO_NAMESPACE, name, facets: jobFacets(moment) },
    inputs: [],
    outputs: outputs(moment),
  }
}

function runFacets({ type, tick, pipeline, source, run }: Moment): Facets {
  const pipelineRun = {
    run: { runId: demoRunId(pipeline.name, tick) },
    job: { namespace: DEMO_NAMESPACE, name: pipeline.name },
  }
  return {
    ...(source && {
      parent: facet('1-1-0/ParentRunFacet', { ...pipelineRun, root: pipelineRun }),
    }),
    ...(type === 'FAIL' && {
      errorMessage: facet('1-0-1/ErrorMessageRunFacet', {
        message: run.error,
        programmingLanguage: 'PYTHON',
      }),
    }),
  }
}

function jobFacets({ type, pipeline, source }: Moment): Facets {
  return {
    jobType: facet('2-0-3/JobTypeJobFacet', {
      processingType: source?.processingType ?? 'BATCH',
      integration: 'PIPECAST',
      jobType: source ? 'TASK' : 'PIPELINE',
    }),
    ...(type === 'START' && {
      documentation: facet('1-0-1/DocumentationJobFacet', {
        description: (source ?? pipeline).description,
      }),
    }),
  }
}

/** What a run wrote is known when it completes. */
function outputs({ type, pipeline, source, run }: Moment): OpenLineageEvent['outputs'] {
  if (type !== 'COMPLETE' || source === undefined) return []
  const statistics = { rowCount: run.rows, size: run.rows * source.rowBytes }
  return [
    {
      namespace: 'demo://lake',
      name: `${pipeline.name}.${source.name}`,
      outputFacets: {
        outputStatistics: facet('1-0-2/OutputStatisticsOutputDatasetFacet', statistics),
      },
    },
  ]
}

/** @param schema - version and name of the facet, as in `1-1-0/ParentRunFacet`. */
function facet(schema: string, members: Readonly<Record<string, unknown>>): Facet {
  const definition = schema.slice(schema.indexOf('/') + 1)
  return {
    _producer: PRODUCER,
    _schemaURL: `${SPEC}/facets/${schema}.json#/$defs/${definition}`,
    ...members,
  }
}
