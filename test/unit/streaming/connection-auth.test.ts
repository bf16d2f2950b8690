import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TokenVerdict } from '../../../src/server/streaming/connection-context.js'
import { frameOf, OPEN_ACCESS, type Received, seqsOf, Stage, STARTED_AT } from './stage.js'

let stage: Stage

const refused: TokenVerdict = { isAccepted: false, expiresAt: null }
const goodFor = (ms: number): TokenVerdict => ({
  isAccepted: true,
  expiresAt: new Date(STARTED_AT + ms),
})
const types = (frames: readonly Received[]) => frames.map(({ type }) => type)

beforeEach(() => {
  stage = new Stage({ broadcastIntervalMs: 1e9 })
  stage.verdictOn = (token) => Promise.resolve(token === 'good' ? OPEN_ACCESS : refused)
})

afterEach(() => stage.close())

describe('Connection, without a token', () => {
  it('[auth] asks for one, says for how long it waits, and sends no data', async () => {
    const { connection, client } = await stage.connect({ token: null })
    connection.push(frameOf(2), stage.nowMs)
    client.say({ type: 'refresh' })

    const frames = await client.heard()
    expect(types(frames)).toEqual(['connection_status', 'auth_required'])
    expect(frames[1]).toMatchObject({ grace_ms: 20_000 })
    expect(connection.framesSent).toBe(0)
  })

  it('[auth] sends the newest update as soon as the token is accepted', async () => {
    const { client } = await stage.connect({ token: null })
    await client.heard()
    stage.newest = frameOf(7)
    client.say({ type: 'auth', token: 'good' })

    expect(await client.next()).toEqual({
      type: 'auth_ok',
      timestamp: '2026-01-28T12:00:00.000Z',
    })
    expect((await client.next()).seq).toBe(7)
  })

  it('[P3.8] hears that there is no data as soon as its token is accepted, and has it later', async () => {
    stage.newest = undefined
    const { client, connection } = await stage.connect({ token: null, ready: Promise.resolve() })
    await client.heard()
    client.say({ type: 'auth', token: 'good' })

    expect(await client.next()).toMatchObject({ type: 'auth_ok' })
    expect(await client.next()).toMatchObject({ type: 'error', code: 'no_data' })
    connection.push(frameOf(3), stage.nowMs)
    expect((await client.next()).seq).toBe(3)
  })

  it('[auth] names the instant at which the token expires', async () => {
    stage.verdictOn = () => Promise.resolve(goodFor(90_000))
    const { client } = await stage.connect({ token: null })
    await client.heard()
    client.say({ type: 'auth', token: 't' })

    expect(await client.next()).toMatchObject({ expires_at: '2026-01-28T12:01:30.000Z' })
  })

  it('[auth] takes a bad token for none, and lets another be tried', async () => {
    const { client } = await stage.connect({ token: null })
    await client.heard()
    client.say({ type: 'auth', token: 'bad' })
    expect(await client.next()).toMatchObject({ type: 'error', code: 'unauthorized' })
    client.say({ type: 'auth', token: 'good' })

    expect((await client.next()).type).toBe('auth_ok')
    expect((await client.next()).type).toBe('pipeline_status_update')
  })

  it('[auth] closes 4001 when the grace has passed, not a millisecond before', async () => {
    const { client, socket } = await stage.connect({ token: null })

    await stage.advance(19_999)
    expect(socket.readyState).toBe(socket.OPEN)
    await stage.advance(1)

    expect(await client.closed).toEqual({ code: 4001, reason: 'token missing, wrong or expired' })
  })

  it('[auth] is not granted more time by bad tokens', async () => {
    const { client } = await stage.connect({ token: null })
    await stage.advance(19_999)
    client.say({ type: 'auth', token: 'bad' })
    await client.heard()
    await stage.advance(1)

    expect((await client.closed).code).toBe(4001)
  })

  it('[auth] does nothing with a verdict that comes after the end', async () => {
    let answer: (verdict: TokenVerdict) => void = () => undefined
    stage.verdictOn = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    const { connection, client } = await stage.connect({ token: null })
    client.say({ type: 'auth', token: 'good' })
    await client.heard()
    connection.closeForRestart(0)
    answer(OPEN_ACCESS)
    await client.closed

    expect(types(client.received)).not.toContain('auth_ok')
    expect(connection.framesSent).toBe(0)
  })
})

describe('Connection, with a token that expires', () => {
  it('[auth] asks for another one at the millisecond of its end', async () => {
    const { client } = await stage.connect({ token: goodFor(3_000) })
    await client.heard()

    await stage.advance(2_999)
    expect(await client.heard()).toEqual([])
    await stage.advance(1)

    expect(types(await client.heard())).toEqual(['auth_required'])
  })

  it('[auth] sends data on during the grace, then closes 4001', async () => {
    const { connection, client, socket } = await stage.connect({ token: goodFor(3_000) })
    await stage.advance(3_000)
    await client.heard()
    connection.push(frameOf(2), stage.nowMs)
    expect(seqsOf(await client.heard())).toEqual([2])

    await stage.advance(19_999)
    expect(socket.readyState).toBe(socket.OPEN)
    await stage.advance(1)

    expect((await client.closed).code).toBe(4001)
  })

  it('[auth] goes on with a new token, without sending everything again', async () => {
    const { client, socket } = await stage.connect({ token: goodFor(3_000) })
    await stage.advance(3_000)
    await client.heard()
    client.say({ type: 'auth', token: 'good' })

    expect((await client.next()).type).toBe('auth_ok')
    await stage.advance(21_000)
    expect(await client.heard()).toEqual([])
    expect(socket.readyState).toBe(socket.OPEN)
  })

  it('[auth] may be renewed before it ends', async () => {
    stage.verdictOn = () => Promise.resolve(goodFor(9_000))
    const { client } = await stage.connect({ token: goodFor(3_000) })
    await client.heard()
    client.say({ type: 'auth', token: 't' })
    expect((await client.next()).type).toBe('auth_ok')

    await stage.advance(8_999)
    expect(await client.heard()).toEqual([])
    await stage.advance(1)

    expect(types(await client.heard())).toEqual(['auth_required'])
  })

  it('[auth] a bad token on a live connection changes nothing', async () => {
    const { connection, client } = await stage.connect()
    await client.heard()
    client.say({ type: 'auth', token: 'bad' })
    expect((await client.next()).type).toBe('error')
    connection.push(frameOf(2), stage.nowMs)

    expect(seqsOf(await client.heard())).toEqual([2])
  })
})
