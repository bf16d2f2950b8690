import { describe, expect, it } from 'vitest'
import type { ConnectionState, Update } from '../../../src/client/index.js'
import { announcement } from '../../../src/embed/announcement.js'
import { boardView, type Look } from '../../../src/embed/board-view.js'
import type { HealthStatus, SourceStatus } from '../../../src/protocol/index.js'
import { boardOf, sourceNamed } from '../pages/made-up-board.js'

const NOW = Date.parse('2026-01-28T12:30:00.000Z')

const LIVE: ConnectionState = {
  status: 'connected',
  transport: 'websocket',
  attempt: 0,
  retryAt: null,
  reason: null,
  capacity: null,
}

const LOST: ConnectionState = { ...LIVE, status: 'reconnecting', transport: null, attempt: 1 }

function updateOf(
  statuses: Readonly<Record<string, HealthStatus>>,
  more: Partial<Update> = {},
): Update {
  const sources = Object.entries(statuses).map(([key, status]): [string, SourceStatus] => [
    key,
    sourceNamed(key, { status, reasons: [status === 'Failing' ? 'failed' : 'ok'] }),
  ])
  return {
    data: boardOf(Object.fromEntries(sources)),
    epoch: 'e',
    seq: 1,
    generatedAt: NOW - 3_500,
    receivedAt: NOW - 3_000,
    isStale: false,
    ...more,
  }
}

const look = (more: Partial<Look> = {}) =>
  boardView({ update: undefined, state: LIVE, sources: [], now: NOW, skewMs: 0, ...more })

describe('what <pipeline-status> shows', () => {
  it('before the first data says that there is none, and what the connection does', () => {
    const view = look({ state: { ...LIVE, status: 'connecting' } })

    expect(view).toMatchObject({ status: 'Unknown', headline: 'No data yet', rows: [], age: '' })
    expect(view.connection).toBe('Connecting…')
  })

  it('problems first, each in words', () => {
    const view = look({ update: updateOf({ b: 'Healthy', a: 'Healthy', c: 'Failing' }) })

    expect(view.rows.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
      'c: Failing: the last run failed · no run yet',
      'a: Healthy · no run yet',
      'b: Healthy · no run yet',
    ])
    expect(view.headline).toBe('3 sources: 1 failing')
    expect(view.age).toBe('Updated 3 s ago')
  })

  it.each([
    [{}, 'No sources yet'],
    [{ a: 'Healthy' }, '1 source healthy'],
    [{ a: 'Healthy', b: 'Healthy' }, '2 sources healthy'],
    [{ a: 'Late', b: 'Failing', c: 'Late' }, '3 sources: 1 failing, 2 late'],
    [{ a: 'Paused', b: 'Unknown' }, '2 sources: 1 unknown, 1 paused'],
  ] as const)('the headline of %j is "%s"', (statuses, headline) => {
    expect(look({ update: updateOf(statuses) }).headline).toBe(headline)
  })

  it('a pipeline that is worse than its sources is named', () => {
    const pipeline = {
      ...({ namespace: 'default', status: 'Failing', reasons: ['missed'], running: 0 } as const),
      ...{ sources: 1, healthy: 1 },
    }
    const pipelines = {
      nightly: { ...pipeline, name: 'nightly' },
      weekly: { ...pipeline, name: 'weekly' },
    }
    const board = boardOf({ a: sourceNamed('a') }, pipelines)
    const update = { ...updateOf({}), data: { ...board, status: 'Failing' as const } }

    expect(look({ update }).headline).toBe('1 source healthy; pipeline nightly and 1 more failing')
    expect(look({ update, sources: ['a'] }).headline).toBe('1 source healthy')
  })

  it('of chosen sources shows those alone, and their status, not that of the others', () => {
    const update = updateOf({ a: 'Late', b: 'Failing', c: 'Paused' })

    const view = look({ update, sources: ['a', 'c'] })

    expect(view.rows.map(({ key }) => key)).toEqual(['a', 'c'])
    expect(view.status).toBe('Late')
  })

  it.each(['gone', '__proto__', 'constructor'])(
    'a chosen source %s that the server does not know is unknown, and said to be',
    (key) => {
      const view = look({ update: updateOf({ a: 'Healthy' }), sources: [key] })

      expect(view.status).toBe('Unknown')
      expect(view.rows).toEqual([
        { key, name: key, status: 'Unknown', detail: 'Unknown: no such source' },
      ])
    },
  )

  it('of 2,000 sources shows the worst 100 and says how many more there are', () => {
    const statuses = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, index) => [
        `s${index}`,
        index === 1_999 ? ('Failing' as const) : ('Healthy' as const),
      ]),
    )

    const view = look({ update: updateOf(statuses) })

    expect(view.rows).toHaveLength(100)
    expect(view.rows[0]?.key).toBe('s1999')
    expect(view.hidden).toBe(1_900)
  })

  it('keeps the last good data while the connection is lost, and says how old it is', () => {
    const view = look({ update: updateOf({ a: 'Healthy' }), state: LOST, now: NOW + 57_000 })

    expect(view).toMatchObject({
      isOld: true,
      isLive: false,
      age: 'Updated 1 min ago',
      connection: 'Reconnecting…',
    })
    expect(view.rows).toHaveLength(1)
  })

  it('a connection that is lost for a moment does not make its data old', () => {
    const update = updateOf({ a: 'Healthy' })

    expect(look({ update, state: LOST, now: update.receivedAt + 20_000 }).isOld).toBe(false)
    expect(look({ update, state: LOST, now: update.receivedAt + 20_001 }).isOld).toBe(true)
    expect(look({ update, state: LIVE, now: update.receivedAt + 20_001 }).isOld).toBe(false)
  })

  it('says when the server cannot read its database, and of when the data is', () => {
    const update = updateOf({ a: 'Healthy' }, { isStale: true, generatedAt: NOW - 120_000 })

    const view = look({ update })

    expect(view.connection).toBe('Live, but the database cannot be read')
    expect(view.age).toBe('Last good data of 2 min ago')
    expect(view.isOld).toBe(true)
  })

  it.each([
    ['behind', 360_000],
    ['ahead', -360_000],
  ])('the age of old data is right where the reader’s clock is %s', (_where, skewMs) => {
    const generatedAt = NOW + skewMs - 30_000
    const update = updateOf({ a: 'Healthy' }, { isStale: true, generatedAt })

    expect(look({ update, skewMs }).age).toBe('Last good data of 30 s ago')
  })

  it('the clocks of sources go on while data comes, and stand still while it does not', () => {
    const last_run = '2026-01-28T12:29:00.000Z'
    const update = { ...updateOf({}), data: boardOf({ a: sourceNamed('a', { last_run }) }) }
    const later = update.receivedAt + 300_000

    expect(look({ update, now: later }).rows[0]?.detail).toBe('Healthy · 5 min ago')
    expect(look({ update, state: LOST, now: later }).rows[0]?.detail).toBe('Healthy · 56 s ago')
  })

  it.each([
    [{ status: 'polling', reason: 'at_capacity' }, 'Polling'],
    [{ status: 'reconnecting', reason: 'at_capacity' }, 'The server is full'],
    [{ status: 'reconnecting', reason: 'offline' }, 'Offline'],
    [{ status: 'unauthorized', reason: 'unauthorized' }, 'Sign-in required'],
    [{ status: 'closed', reason: 'policy' }, 'Disconnected'],
    [
      { status: 'reconnecting', reason: 'origin_not_allowed' },
      'This page may not read: see ALLOWED_ORIGINS',
    ],
    [
      { status: 'reconnecting', reason: 'bad_view' },
      'The server does not understand this list of sources',
    ],
    [{ status: 'reconnecting', reason: 'too_many_views' }, 'The server is full'],
  ] as const)('the connection %j is "%s"', (state, words) => {
    expect(look({ state: { ...LIVE, ...state } }).connection).toBe(words)
  })
})

describe('a page that gets no answer', () => {
  const unreachable = { ...LOST, reason: 'unreachable', attempt: 2 } as const

  it('is told that it may be the one that is refused, as long as it has never had data', () => {
    expect(look({ state: unreachable }).connection).toContain('ALLOWED_ORIGINS')
    expect(look({ state: { ...unreachable, attempt: 1 } }).connection).toBe('Reconnecting…')
    expect(look({ state: unreachable, update: updateOf({}) }).connection).toBe('Reconnecting…')
  })
})

describe('what a screen reader is told', () => {
  const viewOf = (statuses: Readonly<Record<string, HealthStatus>>, state = LIVE) =>
    look({ update: updateOf(statuses), state })

  it('nothing while nothing but the age changes', () => {
    const update = updateOf({ a: 'Healthy' })

    expect(announcement(look({ update }), look({ update, now: NOW + 1_000 }))).toBe('')
  })

  it('nothing of the first data: it is there to be read', () => {
    expect(announcement(look(), viewOf({ a: 'Failing' }))).toBe('')
  })

  it('each source whose status changes, by name', () => {
    const said = announcement(
      viewOf({ a: 'Healthy', b: 'Late' }),
      viewOf({ a: 'Failing', b: 'Late' }),
    )

    expect(said).toBe('a is Failing')
  })

  it('of many changes three names, and how many more', () => {
    const all = (status: HealthStatus) =>
      viewOf({ a: status, b: status, c: status, d: status, e: status })

    const said = announcement(all('Healthy'), all('Failing'))

    expect(said).toBe('a is Failing; b is Failing; c is Failing; 2 more have changed')
  })

  it('that the status as a whole has changed', () => {
    const healthy = viewOf({ a: 'Healthy' })

    expect(announcement(healthy, { ...healthy, status: 'Late' })).toBe('the status is Late')
  })

  it('that the connection is lost, and that it is back', () => {
    const live = viewOf({ a: 'Healthy' })
    const lost = viewOf({ a: 'Healthy' }, LOST)

    expect(announcement(live, lost)).toBe('Reconnecting…')
    expect(announcement(lost, live)).toBe('Live')
  })
})
