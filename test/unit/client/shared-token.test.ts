import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect, type ConnectOptions, type Subscription } from '../../../src/client/index.js'
import { FakeOrigin } from './fake-origin.js'
import { OpenSocket } from './open-socket.js'
import { authRequired, fullUpdate, greeting } from './server-frames.js'

/** Who was asked for a token, in order. */
let asked: string[]
/** Each test has a server of its own, and with it a connection. */
let servers = 0
const subscriptions: Subscription[] = []

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { hidden: false, addEventListener: () => undefined })
  OpenSocket.all.length = 0
  asked = []
  servers += 1
})

afterEach(async () => {
  for (const each of subscriptions.splice(0)) each.close()
  await vi.advanceTimersByTimeAsync(10_000)
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** A part of the page that looks on, with a function of its own: its token is its name. */
async function mount(name: string, more: Partial<ConnectOptions> = {}): Promise<Subscription> {
  const subscription = connect({
    url: `http://token-server-${servers}/`,
    WebSocket: OpenSocket,
    fetch: () => new Promise<never>(() => undefined),
    token: () => {
      asked.push(name)
      return name
    },
    ...more,
  })
  subscriptions.push(subscription)
  await settle()
  return subscription
}

const settle = () => vi.advanceTimersByTimeAsync(0)

/** The server wants a token, at the beginning or because the last one has expired. */
async function wantToken(): Promise<void> {
  OpenSocket.newest!.bring(authRequired)
  await settle()
}

async function goLive(): Promise<void> {
  OpenSocket.newest!.bring(greeting())
  await wantToken()
  OpenSocket.newest!.bring(fullUpdate({}))
}

describe('of those who share a connection, each with a token function,', () => {
  it('[P9.6] the one that came last is asked', async () => {
    await mount('elder')
    await goLive()
    await mount('younger')

    await wantToken()

    expect(asked).toEqual(['elder', 'younger'])
    expect(OpenSocket.newest?.sent.at(-1)).toBe('{"type":"auth","token":"younger"}')
    expect(OpenSocket.all).toHaveLength(1)
  })

  it.each([
    ['first', 0, 'younger'],
    ['last', 1, 'elder'],
  ])('[P9.6] nobody who is gone is asked: the %s', async (_which, gone, expected) => {
    const all = [await mount('elder'), await mount('younger')]
    await goLive()
    asked = []

    all[gone]!.close()
    await wantToken()

    expect(asked).toEqual([expected])
  })

  it('[P9.6] whoever comes next is asked while nobody is there', async () => {
    const former = await mount('former')
    await goLive()

    former.close()
    await wantToken()
    const meanwhile = [...asked]
    await vi.advanceTimersByTimeAsync(2_000)
    await mount('next')

    expect(meanwhile).toEqual(['former'])
    expect(asked).toEqual(['former', 'next'])
    expect(OpenSocket.newest?.sent.at(-1)).toBe('{"type":"auth","token":"next"}')
    expect(OpenSocket.all).toHaveLength(1)
  })

  it('[P9.6] [P9.8] nobody who is gone is asked in a tab that leads others either', async () => {
    const origin = new FakeOrigin()
    vi.stubGlobal('navigator', { locks: origin.locks })
    vi.stubGlobal('BroadcastChannel', origin.Channel)
    const former = await mount('former', { share: true })
    await goLive()
    await mount('next', { share: true })

    former.close()
    await wantToken()

    expect(origin.requests).toBe(1)
    expect(asked).toEqual(['former', 'next'])
  })

  it('[P9.6] the first is asked at once where the token travels with the first request', async () => {
    const authorizations: unknown[] = []
    const fetch = (_url: unknown, { headers }: RequestInit = {}) => {
      authorizations.push(new Headers(headers).get('Authorization'))
      return new Promise<never>(() => undefined)
    }

    await mount('alone', { WebSocket: null, fetch })

    expect(authorizations).toEqual(['Bearer alone'])
  })
})
