import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { resolveEndpoints } from '../../../src/cli/endpoints.js'
import { MAX_ATTEMPTS_A_MINUTE } from '../../../src/cli/watch/backoff.js'
import { followFeed } from '../../../src/cli/watch/follow-feed.js'
import { startFeedServer } from './feed-server.js'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** How long is waited after each socket, in milliseconds; the clock is set before the last of them ends. */
async function waitsWhenClockIsSet(byMs: number): Promise<readonly number[]> {
  const leave = new AbortController()
  const waitsMs: number[] = []
  let sockets = 0
  const server = await startFeedServer({
    onSocket: (socket) => {
      sockets += 1
      if (sockets === MAX_ATTEMPTS_A_MINUTE) vi.setSystemTime(Date.now() + byMs)
      socket.close(1001, 'retry=0')
    },
  })
  onTestFinished(() => server.close())

  await followFeed({
    endpoints: resolveEndpoints(server.url),
    token: undefined,
    signal: leave.signal,
    random: () => 0,
    onEvent: (event) => {
      if (event.kind !== 'lost') return
      waitsMs.push(event.retryAt - Date.now())
      if (waitsMs.length === MAX_ATTEMPTS_A_MINUTE) leave.abort()
    },
  })
  return waitsMs
}

it.each([
  ['back', -2 * HOUR_MS],
  ['forward', 2 * HOUR_MS],
])('a clock that is set %s changes nothing about the attempts in a minute', async (_way, byMs) => {
  const waitsMs = await waitsWhenClockIsSet(byMs)

  expect(waitsMs.slice(0, -1)).toEqual(Array(MAX_ATTEMPTS_A_MINUTE - 1).fill(0))
  expect(waitsMs.at(-1)).toBeLessThanOrEqual(MINUTE_MS)
  expect(waitsMs.at(-1)).toBeGreaterThan(MINUTE_MS - 10_000)
})
