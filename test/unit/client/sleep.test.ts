import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { connect, type Socket } from '../../../src/client/index.js'
import { fullUpdate, greeting } from './server-frames.js'

/** A socket that is there, and brings what it is told to. */
class OpenSocket implements Socket {
  static newest: OpenSocket | undefined
  readonly readyState = 1
  readonly sent: string[] = []
  onmessage: ((event: never) => void) | null = null
  onclose: ((event: never) => void) | null = null
  onerror: ((event: never) => void) | null = null

  constructor() {
    OpenSocket.newest = this
  }

  bring(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never)
  }

  send(text: string): void {
    this.sent.push(text)
  }

  close(): void {
    this.onclose?.({ code: 1000, reason: '' } as never)
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

it.each([
  ['after a sleep', 3_600_000, ['{"type":"ping"}']],
  ['when a clock was set back', -3_600_000, ['{"type":"ping"}']],
  ['while the clocks agree', 0, []],
])('[P9.7] %s a socket is asked for a sign of life', (_when, shiftMs, expected) => {
  const fetch = () => new Promise<never>(() => undefined)
  const subscription = connect({ url: 'http://server/', WebSocket: OpenSocket, fetch })
  const socket = OpenSocket.newest!
  socket.bring(greeting())
  socket.bring(fullUpdate({}))

  vi.setSystemTime(Date.now() + shiftMs)
  vi.advanceTimersByTime(5_000)

  expect(socket.sent).toEqual(expected)
  subscription.close()
})
