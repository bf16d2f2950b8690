import fc from 'fast-check'
import Type from 'typebox'
import Value from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { DEMO_BOARD } from '../../../src/server/demo/demo-board.js'
import { demoEvents, type OpenLineageEvent } from '../../../src/server/demo/demo-events.js'

const HOUR_MS = 3_600_000
const NOON = new Date('2026-03-01T12:00:00.000Z')

const Facet = Type.Object({
  _producer: Type.String({ format: 'uri' }),
  _schemaURL: Type.String({ format: 'uri' }),
})
const Facets = Type.Record(Type.String(), Facet)
const Dataset = Type.Object({ namespace: Type.String(), name: Type.String() })

/** RunEvent of OpenLineage 2-0-2, written down from the standard. */
const RunEvent = Type.Object({
  eventType: Type.Enum(['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER']),
  eventTime: Type.String({ format: 'date-time' }),
  producer: Type.String({ format: 'uri' }),
  schemaURL: Type.Literal('https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent'),
  run: Type.Object({ runId: Type.String({ format: 'uuid' }), facets: Facets }),
  job: Type.Object({ namespace: Type.Literal('demo'), name: Type.String(), facets: Facets }),
  inputs: Type.Array(Dataset),
  outputs: Type.Array(Type.Intersect([Dataset, Type.Object({ outputFacets: Facets })])),
})

const anyInstant = fc.date({
  min: new Date('1969-12-31T00:00:00Z'),
  max: new Date('2090-01-01T00:00:00Z'),
  noInvalidDate: true,
})

function after(instant: Date, spanMs: number): Date {
  return new Date(instant.getTime() + spanMs)
}

const oneHour = demoEvents(NOON, after(NOON, HOUR_MS))
const sixHours = demoEvents(NOON, after(NOON, 6 * HOUR_MS))

/** The events of each run that is whole in the six hours. */
function wholeRuns(): OpenLineageEvent[][] {
  const runs = new Map<string, OpenLineageEvent[]>()
  for (const event of sixHours) {
    const events = runs.get(event.run.runId)
    if (events !== undefined) events.push(event)
    else if (event.eventType === 'START') runs.set(event.run.runId, [event])
  }
  return [...runs.values()].filter(isOver)
}

function isOver(events: readonly OpenLineageEvent[]): boolean {
  const type = events.at(-1)?.eventType
  return type === 'COMPLETE' || type === 'FAIL'
}

describe('demoEvents', () => {
  it('gives for two spans that touch what it gives for the whole', () => {
    const span = fc.nat(20 * 60_000)
    fc.assert(
      fc.property(anyInstant, span, span, (from, firstMs, secondMs) => {
        const middle = after(from, firstMs)
        const to = after(middle, secondMs)

        const whole = demoEvents(from, to)
        const parts = [...demoEvents(from, middle), ...demoEvents(middle, to)]

        expect(parts).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })

  it('gives the same bytes again, so that sending twice changes nothing', () => {
    const again = demoEvents(NOON, after(NOON, HOUR_MS))

    expect(JSON.stringify(again)).toBe(JSON.stringify(oneHour))
  })

  it('gives what falls into the span, in order of time', () => {
    fc.assert(
      fc.property(anyInstant, fc.nat(10 * 60_000), (from, spanMs) => {
        const times = demoEvents(from, after(from, spanMs)).map((one) => Date.parse(one.eventTime))

        expect(times).toEqual([...times].sort((one, other) => one - other))
        expect(times.every((at) => at >= from.getTime() && at < from.getTime() + spanMs)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('counts the first instant of the span in, and the last out', () => {
    const at = new Date(oneHour[100]!.eventTime)

    expect(demoEvents(at, after(at, 1)).length).toBeGreaterThan(0)
    expect(demoEvents(after(at, -1), at).some((one) => one.eventTime === at.toISOString())).toBe(
      false,
    )
  })

  it('gives nothing for an empty or a reversed span', () => {
    expect(demoEvents(NOON, NOON)).toEqual([])
    expect(demoEvents(NOON, after(NOON, -HOUR_MS))).toEqual([])
  })

  it('shows life within seconds: no 20 s pass without an event', () => {
    const times = sixHours.map((one) => Date.parse(one.eventTime))
    const gaps = times.slice(1).map((at, index) => at - times[index]!)

    expect(Math.max(...gaps)).toBeLessThan(20_000)
  })

  it('stays under 6,000 events in 135 minutes, and reaches 90 runs for ten sources', () => {
    for (const day of [0, 1, 2, 3]) {
      const from = after(NOON, day * 24 * HOUR_MS + day * 7_919)
      const events = demoEvents(from, after(from, 2.25 * HOUR_MS))
      const runsPerSource = DEMO_BOARD.flatMap(({ sources }) => sources).map(
        ({ name }) =>
          new Set(events.filter(({ job }) => job.name === name).map(({ run }) => run.runId)).size,
      )

      expect(events.length).toBeLessThan(6_000)
      // fct-revenue skips some of its 90 ticks.
      expect(runsPerSource.filter((runs) => runs >= 80).length).toBe(10)
    }
  })
})

describe('the events of the demo', () => {
  it('are valid by OpenLineage 2-0-2', () => {
    for (const event of oneHour) {
      expect(Value.Errors(RunEvent, event)).toEqual([])
    }
  })

  it('tell each run whole: a START, beats at most 30 s apart, and one end', () => {
    const runs = wholeRuns()

    expect(runs.length).toBeGreaterThan(2_000)
    for (const events of runs) {
      const types = events.map(({ eventType }) => eventType)
      const times = events.map(({ eventTime }) => Date.parse(eventTime))

      expect(types.join(' ')).toMatch(/^START( RUNNING)* (COMPLETE|FAIL)$/)
      expect(
        Math.max(...times.slice(1).map((at, index) => at - times[index]!)),
      ).toBeLessThanOrEqual(30_000)
    }
  })

  it('name in each event of a source the run of its pipeline, as parent and as root', () => {
    const pipelineOf = new Map(
      DEMO_BOARD.flatMap((pipeline) => pipeline.sources.map(({ name }) => [name, pipeline.name])),
    )
    const events = oneHour
    const ofPipelines = events.filter(({ job }) => !pipelineOf.has(job.name))
    const ofSources = events.filter(({ job }) => pipelineOf.has(job.name))
    const pipelineRunIds = new Set(ofPipelines.map(({ run }) => run.runId))

    expect(ofPipelines.every(({ run }) => run.facets['parent'] === undefined)).toBe(true)
    for (const { run, job } of ofSources) {
      expect(run.facets['parent']).toMatchObject({
        job: { namespace: 'demo', name: pipelineOf.get(job.name) },
        root: { job: { namespace: 'demo', name: pipelineOf.get(job.name) } },
      })
    }
    const wellInside = ofSources.filter(({ eventTime }) => Date.parse(eventTime) > +NOON + 300_000)
    for (const { run } of wellInside) {
      const parent = run.facets['parent'] as unknown as { run: { runId: string }; root: unknown }
      expect(pipelineRunIds).toContain(parent.run.runId)
      expect(parent.root).toMatchObject({ run: parent.run })
    }
  })

  it('let a pipeline start before its sources and complete after them, failed or not', () => {
    const runs = new Map(wholeRuns().map((events) => [events[0]!.run.runId, events]))
    const sourceRuns = [...runs.values()].filter(([start]) => start?.run.facets['parent'])

    for (const events of sourceRuns) {
      const parent = events[0]!.run.facets['parent'] as unknown as { run: { runId: string } }
      const pipelineEvents = runs.get(parent.run.runId)
      if (pipelineEvents === undefined) continue // it began before noon or ends after six

      expect(pipelineEvents[0]!.eventTime < events[0]!.eventTime).toBe(true)
      expect(pipelineEvents.at(-1)!.eventTime > events.at(-1)!.eventTime).toBe(true)
      expect(pipelineEvents.at(-1)!.eventType).toBe('COMPLETE')
    }
    expect(sourceRuns.length).toBeGreaterThan(2_000)
  })

  it('say why a run failed, and what a successful one wrote, and nothing else says so', () => {
    for (const { eventType, run, job, outputs } of oneHour) {
      const isSource = run.facets['parent'] !== undefined
      const statistics = outputs[0]?.outputFacets['outputStatistics']
      const message = run.facets['errorMessage']?.['message']

      expect(typeof message).toBe(eventType === 'FAIL' ? 'string' : 'undefined')
      expect(outputs).toHaveLength(eventType === 'COMPLETE' && isSource ? 1 : 0)
      if (outputs.length > 0) {
        expect(statistics?.['rowCount']).toBeGreaterThan(0)
        expect(Number(statistics?.['size']) % Number(statistics?.['rowCount'])).toBe(0)
        expect(outputs[0]!.name).toContain(job.name)
      }
    }
  })

  it('say of one source alone that it is a stream', () => {
    const streams = oneHour.filter(
      ({ job }) => job.facets['jobType']?.['processingType'] === 'STREAMING',
    )

    expect(new Set(streams.map(({ job }) => job.name))).toEqual(new Set(['clickstream']))
    expect(streams.filter(({ eventType }) => eventType === 'RUNNING').length).toBeGreaterThan(100)
  })
})
