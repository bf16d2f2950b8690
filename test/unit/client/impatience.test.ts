import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect, type Subscription } from '../../../src/client/index.js'
import { MAX_MESSAGES_IN_WINDOW, MESSAGE_WINDOW_MS } from '../../../src/protocol/index.js'
import { OpenSocket } from './open-socket.js'
import { fullUpdate, greeting, patchFrame, pong } from './server-frames.js'

const RENDER_EVERY_MS = 50
const MISMATCH = patchFrame(7, { patch: { a: 1 }, hash: '00000000' })

let subscription: Subscription
let socket: OpenSocket
let sentAt: number[]

beforeEach(() => {
  vi.useFakeTimers()
  const fetch = () => new Promise<never>(() => undefined)
  subscription = connect({ url: 'http://server/', WebSocket: OpenSocket, fetch })
  socket = OpenSocket.newest!
  sentAt = []
  socket.onSent = (text) => {
    sentAt.push(performance.now())
    if (text.includes('ping')) socket.bring(pong)
    if (text.includes('refresh')) socket.bring(fullUpdate({}))
    if (text.includes('auth')) socket.bring({ type: 'auth_ok', timestamp: '' })
  }
  socket.bring(greeting())
  socket.bring(fullUpdate({}))
})

afterEach(() => {
  subscription.close()
  vi.useRealTimers()
})

/** Lets time pass, and something happen all the while. */
function storm(forMs: number, act: (step: number) => void): void {
  for (let step = 0; step < forMs / RENDER_EVERY_MS; step += 1) {
    act(step)
    vi.advanceTimersByTime(RENDER_EVERY_MS)
  }
}

/** The most messages in any window of the server's. */
const mostInWindow = () =>
  Math.max(
    ...sentAt.map((at) => sentAt.filter((t) => t >= at && t <= at + MESSAGE_WINDOW_MS).length),
  )

const sent = (word: string) => socket.sent.filter((text) => text.includes(word))

describe('a page that asks for everything at each render', () => {
  it('[P4.6] [P9.2] says far less than the server hears', () => {
    storm(60_000, (step) => {
      subscription.retry()
      subscription.refresh()
      subscription.authorize(`token-${step}`)
    })

    expect(mostInWindow()).toBeLessThan(MAX_MESSAGES_IN_WINDOW)
    expect(OpenSocket.newest).toBe(socket)
    expect(subscription.state.status).toBe('connected')
  })

  it.each(['retry', 'refresh'] as const)('[P9.2] is heard every few seconds with %s', (word) => {
    storm(30_000, () => subscription[word]())

    expect(socket.sent.length).toBeGreaterThanOrEqual(10)
    expect(socket.sent.length).toBeLessThanOrEqual(15)
  })

  it('[P9.6] has its newest token shown in the end', () => {
    storm(1_000, (step) => subscription.authorize(`token-${step}`))
    vi.advanceTimersByTime(5_000)

    expect(sent('auth')).toEqual([
      '{"type":"auth","token":"token-0"}',
      '{"type":"auth","token":"token-19"}',
    ])
  })

  it('[P9.7] is no second question while one waits for its answer', () => {
    socket.onSent = undefined
    storm(2_900, () => subscription.retry())

    expect(socket.sent).toEqual(['{"type":"ping"}'])
  })
})

describe('patches that do not fit', () => {
  it('[P4.6] are not answered each by a wish for the whole', () => {
    storm(30_000, () => socket.bring(MISMATCH))

    expect(sent('refresh').length).toBeGreaterThanOrEqual(10)
    expect(mostInWindow()).toBeLessThan(MAX_MESSAGES_IN_WINDOW)
  })

  it('[P3.9] are never the last word, however soon one comes after a refresh', () => {
    subscription.refresh()
    vi.advanceTimersByTime(100)
    socket.bring(MISMATCH)
    vi.advanceTimersByTime(3_000)

    expect(sent('refresh')).toHaveLength(2)
  })
})

it('closes without a timer that runs on', () => {
  storm(200, () => subscription.retry())
  subscription.close()

  expect(vi.getTimerCount()).toBe(0)
})
