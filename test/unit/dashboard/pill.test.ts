import { describe, expect, it } from 'vitest'
import { type DataAge, pillOf } from '../../../src/dashboard/connection/pill.js'
import { connection, NOW } from './board-samples.js'

const fresh: DataAge = { ageMs: 1_000, isOutOfDate: false, isStale: false }
const old: DataAge = { ageMs: 42_000, isOutOfDate: true, isStale: false }

describe('the pill of the connection', () => {
  it('says how live data comes', () => {
    const socket = pillOf(connection(), fresh, NOW)
    const stream = pillOf(connection({ transport: 'sse' }), fresh, NOW)

    expect(socket).toMatchObject({
      kind: 'websocket',
      label: 'WebSocket Connected',
      detail: 'Receiving live updates via WebSocket',
      action: null,
    })
    expect(stream).toMatchObject({ kind: 'sse', label: 'Live (Server-Sent Events)', action: null })
  })

  it('does not call well a live connection to a server that has no data', () => {
    expect(pillOf(connection({ reason: 'no_data' }), null, NOW)).toMatchObject({
      label: 'WebSocket Connected',
      detail: 'The server has no data yet',
      tone: 'warn',
    })
  })

  it('counts the attempts from the one that is awaited, and its seconds upwards', () => {
    const waiting = connection({ status: 'reconnecting', attempt: 1, retryAt: NOW + 3_001 })
    const trying = connection({ status: 'reconnecting', attempt: 1, retryAt: null })

    expect(pillOf(waiting, fresh, NOW).label).toBe('Reconnecting… attempt 2, next in 4 s')
    expect(pillOf(trying, fresh, NOW).label).toBe('Reconnecting… attempt 2')
  })

  it('says that it polls, and offers to try again', () => {
    const polling = connection({ status: 'polling', transport: 'polling', reason: 'unreachable' })

    expect(pillOf(polling, fresh, NOW)).toMatchObject({
      kind: 'polling',
      label: 'Polling Mode (WebSocket Unavailable)',
      detail: 'Fetching updates every 5 seconds',
      action: 'retry',
    })
  })

  it('says how full a full server is, where it has said so', () => {
    const full = { status: 'polling', transport: 'polling', reason: 'at_capacity' } as const
    const known = connection({ ...full, capacity: { active: 50, max: 50 } })

    expect(pillOf(known, fresh, NOW).label).toBe('Server is at capacity (50 of 50)')
    expect(pillOf(connection(full), fresh, NOW).label).toBe('Server is at capacity')
  })

  it('says how full a server is that has never let the page in', () => {
    const refused = connection({
      status: 'reconnecting',
      transport: null,
      reason: 'at_capacity',
      capacity: { active: 50, max: 50 },
    })

    expect(pillOf(refused, null, NOW)).toMatchObject({
      kind: 'at-capacity',
      label: 'Server is at capacity (50 of 50)',
      action: 'retry',
    })
  })

  it('warns of old data whatever the connection, and says what is done about it', () => {
    const lost = connection({ status: 'reconnecting', attempt: 4, retryAt: NOW + 2_000 })

    const pill = pillOf(lost, old, NOW)

    expect(pill.kind).toBe('out-of-date')
    expect(pill.label).toBe('Data may be out of date: last update 42 s ago')
    expect(pill.detail).toBe('Reconnecting… attempt 5, next in 2 s')
  })

  it('blames the database only when the server does', () => {
    const stale = pillOf(connection(), { ...old, isStale: true }, NOW)
    const silent = pillOf(connection(), old, NOW)

    expect(stale.detail).toBe('The server cannot read its database')
    expect(silent.detail).toBeNull()
  })

  it('asks for a token and tells of an end before it warns of old data', () => {
    const unauthorized = connection({ status: 'unauthorized', reason: 'unauthorized' })
    const closed = connection({ status: 'closed', reason: 'policy' })

    expect(pillOf(unauthorized, old, NOW)).toMatchObject({
      label: 'Sign-in required',
      action: 'sign-in',
    })
    expect(pillOf(closed, old, NOW)).toMatchObject({
      label: 'Disconnected',
      detail: 'The server ended the connection',
    })
  })

  it('connects before anything else is known', () => {
    const first = connection({ status: 'connecting', transport: null })

    expect(pillOf(first, null, NOW)).toMatchObject({ label: 'Connecting…', detail: null })
  })
})
