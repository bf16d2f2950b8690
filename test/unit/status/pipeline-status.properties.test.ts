import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RunState } from '../../../src/protocol/index.js'
import { pipelineStatus } from '../../../src/server/status/pipeline-status.js'
import type { JobFacts } from '../../../src/server/status/status.queries.js'
import { at, jobWith, run } from '../../support/recent-runs.js'
import { clockAt, factsOf, job } from './job-facts.js'

const NOON = at('12:00:00')
const STATES: readonly RunState[] = [
  'NEW',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'ABORTED',
  'TIMED_OUT',
  'MISSED',
]

const runs = fc.array(
  fc.record({
    state: fc.constantFrom(...STATES),
    agoMs: fc.integer({ min: 0, max: 86_400_000 }),
    hasStart: fc.boolean(),
  }),
  { maxLength: 12 },
)

const schedule = fc.constantFrom(
  null,
  { kind: 'interval', intervalMs: 60_000 } as const,
  { kind: 'interval', intervalMs: 1e16 } as const,
  { kind: 'cron', expression: '0 * * * *', timezone: 'Europe/Riga' } as const,
  { kind: 'cron', expression: 'nonsense', timezone: 'UTC' } as const,
)

/** A job whose id and name follow from its number; its parent may be anything. */
const shape = fc.record({
  parent: fc.option(fc.nat(8)),
  namespace: fc.constantFrom('default', 'airflow', '__proto__'),
  isPaused: fc.boolean(),
  schedule,
  runs,
  newestState: fc.option(fc.constantFrom(...STATES)),
  newestError: fc.option(fc.string()),
  failingSince: fc.option(fc.integer({ min: NOON - 1e9, max: NOON })),
  recordsTotal: fc.nat(),
  recordsAt: fc.option(fc.integer({ min: NOON - 1e9, max: NOON })),
})

const jobs = fc.array(shape, { maxLength: 8 }).map((shapes) =>
  shapes.map(
    ({ parent, isPaused, schedule, runs, ...facts }, index): JobFacts =>
      job(`j${index}`, {
        ...facts,
        id: String(index),
        parentId: parent === null ? null : String(parent),
        expectations: jobWith({ paused: isPaused, schedule }),
        runs: runs.map(({ state, agoMs, hasStart }, number) =>
          run(state, NOON - agoMs, { hasStart, runId: String(number) }),
        ),
      }),
  ),
)

/** Every value inside a document, however deep. */
function valuesIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value]
  return [value, ...Object.values(value).flatMap(valuesIn)]
}

describe('pipelineStatus, of any jobs', () => {
  const document = (facts: readonly JobFacts[]) =>
    pipelineStatus(factsOf(facts), clockAt(NOON), false)

  it('[snapshot] holds no null and no undefined anywhere, so that merge patches are exact', () => {
    fc.assert(
      fc.property(jobs, (facts) => {
        const values = valuesIn(document(facts))

        expect(values.filter((value) => value === null || value === undefined)).toEqual([])
      }),
    )
  })

  it('[snapshot] is the same after a journey through JSON', () => {
    fc.assert(
      fc.property(jobs, (facts) => {
        const made = document(facts)

        expect(JSON.stringify(JSON.parse(JSON.stringify(made)))).toBe(JSON.stringify(made))
      }),
    )
  })

  it('[snapshot] adds up: the sources are as many as their statuses, and as the entries', () => {
    fc.assert(
      fc.property(jobs, (facts) => {
        const { totals, sources, pipelines, alerts } = document(facts)
        const { healthy, late, degraded, failing, unknown, paused } = totals

        expect(healthy + late + degraded + failing + unknown + paused).toBe(totals.sources)
        expect(Object.keys(sources)).toHaveLength(totals.sources)
        expect(Object.keys(pipelines)).toHaveLength(totals.pipelines)
        expect(alerts.filter(({ source }) => source in sources)).toHaveLength(failing)
        for (const [key, pipeline] of Object.entries(pipelines)) {
          const own = Object.values(sources).filter((source) => source.pipeline === key)
          expect(own).toHaveLength(pipeline.sources)
          expect(own.filter(({ status }) => status === 'Healthy')).toHaveLength(pipeline.healthy)
        }
      }),
    )
  })

  it('[snapshot] each source belongs to a pipeline that is there, each alert to one of both', () => {
    fc.assert(
      fc.property(jobs, (facts) => {
        const { sources, pipelines, alerts } = document(facts)

        for (const source of Object.values(sources)) {
          expect(Object.keys(pipelines)).toContain(source.pipeline)
        }
        const keys = [...Object.keys(sources), ...Object.keys(pipelines)]
        for (const alert of alerts) expect(keys).toContain(alert.source)
      }),
    )
  })

  it('[snapshot] is the same for the same facts, so that an unchanged board is an unchanged text', () => {
    fc.assert(
      fc.property(jobs, (facts) => {
        expect(JSON.stringify(document(facts))).toBe(JSON.stringify(document(facts)))
      }),
    )
  })
})
