import { describe, expect, it } from 'vitest'
import { readOpenLineageEvent } from '../../../src/server/runs/openlineage.js'
import { canonicalRunId } from '../../../src/server/runs/run-id.js'

const RECEIVED_AT = new Date('2026-01-28T12:30:45.000Z')
const RUN_ID = '5f6f6b0e-31a9-4a3c-9a55-0c2fd3b6a001'
const PARENT_ID = '5f6f6b0e-31a9-4a3c-9a55-0c2fd3b6a002'

/** A minimal event, with members of it replaced. */
function given(members: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    eventType: 'START',
    eventTime: '2026-01-28T12:30:00.000Z',
    run: { runId: RUN_ID },
    job: { namespace: 'airflow', name: 'nightly.load' },
    ...members,
  }
}

function givenRunFacets(facets: unknown): Record<string, unknown> {
  return given({ run: { runId: RUN_ID, facets } })
}

function read(value: unknown) {
  return readOpenLineageEvent(value, RECEIVED_AT)
}

function readRun(value: unknown) {
  const reading = read(value)
  if (reading.kind !== 'run') throw new Error(JSON.stringify(reading))
  return reading.event
}

const REFERENCE = {
  run: { runId: PARENT_ID },
  job: { namespace: 'airflow', name: 'nightly' },
}
const CANONICAL_REFERENCE = { runId: PARENT_ID, namespace: 'airflow', name: 'nightly' }

describe('what is required', () => {
  it('[OL-min] accepts a run id, a job name and a time, and invents nothing else', () => {
    const event = readRun(given())

    expect(event).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      namespace: 'airflow',
      name: 'nightly.load',
      runId: RUN_ID,
      type: 'START',
      at: '2026-01-28T12:30:00.000Z',
      raw: given(),
    })
  })

  it.each([
    [{ run: {} }],
    [{ run: undefined }],
    [{ run: null }],
    [{ run: 'x' }],
    [{ run: { runId: '' } }],
    [{ run: { runId: null } }],
    [{ run: { runId: 42 } }],
  ])('[OL-run-id] without a run id says what to send, given %j', (members) => {
    const reading = read(given(members))

    expect(reading).toMatchObject({ kind: 'invalid', code: 'missing_run_id', path: '/run/runId' })
    expect(reading).toHaveProperty('message', expect.stringContaining('send run.runId'))
  })

  it.each([
    [{ job: undefined }],
    [{ job: [] }],
    [{ job: {} }],
    [{ job: { name: '' } }],
    [{ job: { name: 7 } }],
  ])('[OL-job] without a job name is invalid, given %j', (members) => {
    const reading = read(given(members))

    expect(reading).toMatchObject({ kind: 'invalid', code: 'missing_job_name', path: '/job/name' })
  })

  it.each([
    [undefined, 'missing_event_time'],
    [null, 'missing_event_time'],
    ['yesterday', 'bad_event_time'],
    [1769603400, 'bad_event_time'],
  ])('[OL-time] with the time %j is invalid: %s', (eventTime, code) => {
    const reading = read(given({ eventTime }))

    expect(reading).toMatchObject({ kind: 'invalid', code, path: '/eventTime' })
  })

  it.each([[null], [undefined], ['START'], [7], [[given()]]])(
    '[OL-object] anything but an object is invalid as a whole, given %j',
    (value) => {
      expect(read(value)).toMatchObject({ kind: 'invalid', code: 'not_an_object', path: '' })
    },
  )
})

describe('events that are not about runs', () => {
  const schema = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/'

  it('[OL-ignored] acknowledges a DatasetEvent, with or without the name of its schema', () => {
    const event = { eventTime: '2026-01-28T12:30:00Z', dataset: { namespace: 'pg', name: 't' } }

    expect(read(event)).toMatchObject({ kind: 'ignored' })
    expect(read({ ...event, schemaURL: `${schema}DatasetEvent` })).toMatchObject({
      kind: 'ignored',
    })
  })

  it('[OL-ignored] acknowledges a JobEvent', () => {
    const { job, eventTime } = given()

    const reading = read({ job, eventTime, schemaURL: `${schema}JobEvent` })

    expect(reading).toEqual({ kind: 'ignored', reason: 'JobEvents are not about runs' })
  })

  it('[OL-ignored] does not take a forgotten run for a JobEvent', () => {
    const { job, eventTime } = given()

    expect(read({ job, eventTime })).toMatchObject({ kind: 'invalid', path: '/run/runId' })
  })
})

describe('tolerance', () => {
  it.each([
    ['complete', 'COMPLETE'],
    ['Fail', 'FAIL'],
    ['ABORT', 'ABORT'],
    ['RUNNING', 'RUNNING'],
    ['EXPLODED', 'OTHER'],
    ['', 'OTHER'],
    [undefined, 'OTHER'],
    [null, 'OTHER'],
    [5, 'OTHER'],
  ])('[OL-type] reads the event type %j as %s', (eventType, type) => {
    expect(readRun(given({ eventType })).type).toBe(type)
  })

  it('[OL-run-id] lowers an upper-case UUID and hashes what is no UUID', () => {
    const upper = readRun(given({ run: { runId: RUN_ID.toUpperCase() } }))
    const airflow = readRun(given({ run: { runId: 'scheduled__2026-01-28' } }))

    expect(upper.runId).toBe(RUN_ID)
    expect(airflow.runId).toBe(canonicalRunId('scheduled__2026-01-28'))
  })

  it.each([
    [{ name: 'load' }],
    [{ namespace: '', name: 'load' }],
    [{ namespace: null, name: 'load' }],
  ])('[OL-namespace] is default when not said, given %j', (job) => {
    expect(readRun(given({ job }))).toMatchObject({ namespace: 'default', name: 'load' })
  })

  it('[OL-names] keeps white space in names, and takes secrets out of them', () => {
    const event = readRun(given({ job: { namespace: 'postgres://u:pw@host', name: ' a b ' } }))

    expect(event.name).toBe(' a b ')
    expect(event.namespace).toBe('postgres://u:[redacted]@host')
  })

  it('[OL-clock] a clock up to 24 h ahead is believed, a millisecond more is not', () => {
    const dayAhead = readRun(given({ eventTime: '2026-01-29T12:30:45.000Z' }))
    const more = readRun(given({ eventTime: '2026-01-29T12:30:45.001Z' }))

    expect(dayAhead.at).toBe('2026-01-29T12:30:45.000Z')
    expect(more.at).toBe('2026-01-28T12:30:45.000Z')
  })

  it('[OL-clock] any time since 1970 is taken as it is; before it, no clock is right', () => {
    const epoch = readRun(given({ eventTime: '1970-01-01T00:00:00Z' }))
    const zeroTimeOfGo = readRun(given({ eventTime: '0001-01-01T00:00:00Z' }))

    expect(epoch.at).toBe('1970-01-01T00:00:00.000Z')
    expect(zeroTimeOfGo.at).toBe(RECEIVED_AT.toISOString())
  })

  it('[OL-text] leaves neither NUL nor lone surrogates in any member', () => {
    const event = readRun(
      given({ job: { namespace: 'a\0b', name: 'x\ud800y' }, extra: { 'k\0\udc00': ['\0'] } }),
    )

    expect(event).toMatchObject({ namespace: 'a\uFFFDb', name: 'x\uFFFDy' })
    expect(event.raw).toMatchObject({ extra: { 'k\uFFFD\uFFFD': ['\uFFFD'] } })
  })

  it('[OL-secrets] stores no password that a facet holds', () => {
    const event = readRun(givenRunFacets({ connection: { password: 'hunter2', port: 5432 } }))

    expect(event.raw).toMatchObject({
      run: { facets: { connection: { password: '[redacted]', port: 5432 } } },
    })
  })

  it('[OL-id] the same event with members in another order is the same event', () => {
    const { eventType, eventTime, run, job } = given()

    const id = readRun({ job, run, eventTime, eventType }).id

    expect(id).toBe(readRun(given()).id)
    expect(id).not.toBe(readRun(given({ eventType: 'FAIL' })).id)
  })

  it('[OL-id] does not depend on when the event was received', () => {
    const future = given({ eventTime: '2030-01-01T00:00:00Z' })

    const later = readOpenLineageEvent(future, new Date(RECEIVED_AT.getTime() + 1000))

    expect(later).toMatchObject({ kind: 'run', event: { id: readRun(future).id } })
  })
})

describe('parent and root', () => {
  it('[OL-parent] reads the parent', () => {
    const event = readRun(givenRunFacets({ parent: REFERENCE }))

    expect(event.parent).toEqual(CANONICAL_REFERENCE)
    expect(event).not.toHaveProperty('root')
  })

  it("[OL-parent] reads old Airflow's parentRun, also beside a parent of the wrong shape", () => {
    const alone = readRun(givenRunFacets({ parentRun: REFERENCE }))
    const beside = readRun(givenRunFacets({ parent: 'nightly', parentRun: REFERENCE }))

    expect(alone.parent).toEqual(CANONICAL_REFERENCE)
    expect(beside.parent).toEqual(CANONICAL_REFERENCE)
  })

  it('[OL-parent] prefers parent to parentRun', () => {
    const parentRun = { ...REFERENCE, run: { runId: 'older' } }

    const event = readRun(givenRunFacets({ parent: REFERENCE, parentRun }))

    expect(event.parent?.runId).toBe(PARENT_ID)
  })

  it('[OL-self] ignores a parent and a root that are the run itself, however its id is written', () => {
    const self = { run: { runId: RUN_ID.toUpperCase() }, job: { name: 'anything' } }

    const event = readRun(givenRunFacets({ parent: { ...self, root: self } }))

    expect(event).not.toHaveProperty('parent')
    expect(event).not.toHaveProperty('root')
  })

  it('[OL-self] keeps a parent that is another run of the same job', () => {
    const parent = { ...REFERENCE, job: { namespace: 'airflow', name: 'nightly.load' } }

    expect(readRun(givenRunFacets({ parent })).parent?.runId).toBe(PARENT_ID)
  })

  it('[OL-root] reads the root out of the parent facet, normalised as every reference', () => {
    const root = { run: { runId: PARENT_ID.toUpperCase() }, job: { name: 'nightly' } }

    const event = readRun(givenRunFacets({ parent: { ...REFERENCE, root } }))

    expect(event.root).toEqual({ runId: PARENT_ID, namespace: 'default', name: 'nightly' })
  })

  it('[OL-parent] hashes the run id of a parent as that of the run itself', () => {
    const parent = { ...REFERENCE, run: { runId: 'manual__1' } }
    const itself = readRun(given({ run: { runId: 'manual__1' } }))

    expect(readRun(givenRunFacets({ parent })).parent?.runId).toBe(itself.runId)
  })

  it.each([
    [null],
    [[]],
    [{}],
    [{ run: {}, job: {} }],
    [{ run: { runId: PARENT_ID } }],
    [{ job: { name: 'nightly' } }],
    [{ run: { runId: PARENT_ID }, job: { name: 5 } }],
  ])('[OL-facet-shape] a parent of the wrong shape is no parent, given %j', (parent) => {
    expect(readRun(givenRunFacets({ parent }))).not.toHaveProperty('parent')
  })
})
