import { describe, expect, it } from 'vitest'
import { readFrame } from '../../../src/cli/server-frame.js'
import { readHealthDocument } from '../../../src/cli/watch/poll-health.js'
import { readRefusal } from '../../../src/cli/watch/refusal.js'
import { changeLine, startLine, statusChanges } from '../../../src/cli/watch/status-changes.js'
import { dataAgeMs, initialState, nextState } from '../../../src/cli/watch/watch-state.js'
import {
  liveState,
  SAMPLE_AT,
  SAMPLE_NOW,
  sampleGreeting,
  sampleSource,
  sampleStatus,
  sampleUpdate,
} from './sample-status.js'

const DATA = sampleStatus([sampleSource('acled')])

describe('nextState', () => {
  it('measures the age of data by the server clock, not by this one', () => {
    const frame = sampleUpdate(DATA, { generated_at: '2026-01-28T12:30:40.000Z' })
    const wrongClock = SAMPLE_NOW - 3_600_000

    const state = nextState(
      initialState('h'),
      { kind: 'received', via: 'socket', text: '', frame },
      wrongClock,
    )

    expect(dataAgeMs(state, wrongClock)).toBe(5_000)
    expect(dataAgeMs(state, wrongClock + 1_000)).toBe(6_000)
  })

  it('is not misled by a frame that was under way for long', () => {
    const event = { kind: 'received', via: 'socket', text: '', frame: sampleUpdate(DATA) } as const
    const prompt = nextState(initialState('h'), event, SAMPLE_NOW)

    const delayed = nextState(prompt, event, SAMPLE_NOW + 8_000)

    expect(dataAgeMs(delayed, SAMPLE_NOW + 8_000)).toBe(8_000)
  })

  it('takes the limit of age from the greeting', () => {
    const frame = readFrame(JSON.stringify(sampleGreeting({ stale_after_ms: 123 })))

    const state = nextState(
      initialState('h'),
      { kind: 'received', via: 'socket', text: '', frame },
      SAMPLE_NOW,
    )

    expect(state.staleAfterMs).toBe(123)
  })

  it('keeps the last data when the socket is lost', () => {
    const state = nextState(
      liveState(sampleUpdate(DATA)),
      { kind: 'lost', reason: 'gone', retryAt: 1 },
      SAMPLE_NOW,
    )

    expect(state.update?.data).toEqual(DATA)
    expect(state.connection).toEqual({
      phase: 'lost',
      reason: 'gone',
      retryAt: 1,
      polling: 'not-yet',
    })
  })

  it('is not live by a polled frame', () => {
    const lost = nextState(
      initialState('h'),
      { kind: 'lost', reason: 'gone', retryAt: 1 },
      SAMPLE_NOW,
    )

    const polled = nextState(
      lost,
      { kind: 'received', via: 'poll', text: '', frame: sampleUpdate(DATA) },
      SAMPLE_NOW,
    )

    expect(polled.connection).toMatchObject({ phase: 'lost', polling: 'works' })
    expect(polled.update?.data).toEqual(DATA)
  })

  it('remembers through another failure whether polling works', () => {
    const lost = { kind: 'lost', reason: 'gone', retryAt: 1 } as const
    const events = [lost, { kind: 'poll-failed', reason: 'HTTP 503' }, lost] as const

    const state = events.reduce(
      (before, event) => nextState(before, event, SAMPLE_NOW),
      initialState('h'),
    )

    expect(state.connection).toMatchObject({ polling: 'fails' })
  })
})

describe('readFrame', () => {
  it.each([
    'not json',
    'null',
    '[]',
    '{"type":"pong"}',
    '{"type":"pong","timestamp":"yesterday-ish"}',
    `{"type":"no_such_frame","timestamp":"${SAMPLE_AT}"}`,
    JSON.stringify({ ...sampleUpdate(DATA), seq: '1' }),
    JSON.stringify({ ...sampleUpdate(DATA), data: { ...DATA, sources: null } }),
    JSON.stringify({ ...sampleUpdate(DATA), data: { ...DATA, status: 'Splendid' } }),
  ])('refuses %s', (text) => {
    expect(readFrame(text)).toBeNull()
  })

  it('reads an update whole, members of a later version included', () => {
    const frame = { ...sampleUpdate(DATA), later: true }

    expect(readFrame(JSON.stringify(frame))).toEqual(frame)
  })
})

describe('readHealthDocument', () => {
  it('takes the newest frame out of the health of the service', () => {
    const frame = sampleUpdate(DATA, { stale: true })

    const read = readHealthDocument(JSON.stringify({ status: 'ok', connections: {}, ...frame }))

    expect(read).toEqual(frame)
  })

  it('finds none before the first snapshot', () => {
    expect(readHealthDocument(JSON.stringify({ status: 'starting' }))).toBeNull()
  })
})

describe('statusChanges', () => {
  it('names what changed, what is new and what is gone, and nothing else', () => {
    const before = sampleStatus([sampleSource('a'), sampleSource('b'), sampleSource('c')])
    const after = sampleStatus([
      sampleSource('a', { records: 99 }),
      sampleSource('b', { status: 'Failing', reasons: ['missed', 'stale'] }),
      sampleSource('d', { status: 'Unknown', reasons: [] }),
    ])

    const lines = statusChanges(before, after).map((change) => changeLine(change, 'T'))

    expect(lines).toEqual([
      'T b: Healthy → Failing (missed; stale)',
      'T c: Healthy → gone',
      'T d: new → Unknown',
    ])
  })

  it('begins with what there is', () => {
    const line = startLine(sampleStatus([sampleSource('a')]), 'T')

    expect(line).toBe('T start: Healthy, 1 pipeline, 1 source: 1 healthy')
  })
})

describe('readRefusal', () => {
  it('takes the reason and the wait from the answer of the server', () => {
    const body = JSON.stringify({ code: 'draining', message: 'stopping', retry_after_ms: 1500 })

    const refusal = readRefusal({ status: 503, retryAfterHeader: '9', body })

    expect(refusal).toEqual({
      kind: 'refused',
      status: 503,
      message: 'the server refused (503): stopping',
      retryAfterMs: 1500,
    })
  })

  it('takes the wait from the header when a proxy answers, and names the proxy', () => {
    const refusal = readRefusal({ status: 502, retryAfterHeader: '3', body: '<html>' })

    expect(refusal).toMatchObject({
      message: 'the server refused (502): look at the proxy in front',
      retryAfterMs: 3000,
    })
  })
})
