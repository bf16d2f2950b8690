import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { connect } from '../../../src/client/index.js'
import { OpenSocket } from './open-socket.js'
import { fullUpdate, greeting } from './server-frames.js'

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
