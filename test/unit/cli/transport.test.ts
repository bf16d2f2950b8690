import { afterEach, describe, expect, it } from 'vitest'
import { httpGet } from '../../../src/cli/http-get.js'
import { followSocket } from '../../../src/cli/watch/feed-socket.js'
import type { PollResult } from '../../../src/cli/watch/poll-health.js'
import { pollHealth } from '../../../src/cli/watch/poll-health.js'
import { createPolling } from '../../../src/cli/watch/polling.js'
import { createScreen } from '../../../src/cli/watch/screen.js'
import {
  type FeedServer,
  type FeedServerBehaviour,
  refuseUpgrade,
  sendJson,
  startFeedServer,
} from './feed-server.js'

const servers: FeedServer[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function start(behaviour: FeedServerBehaviour): Promise<string> {
  const server = await startFeedServer(behaviour)
  servers.push(server)
  return server.url
}

async function follow(behaviour: FeedServerBehaviour, change = {}) {
  const url = await start(behaviour)
  return followSocket({
    url: url.replace('http', 'ws'),
    token: undefined,
    signal: new AbortController().signal,
    maxSilenceMs: () => 100,
    onText: () => 'alive',
    ...change,
  })
}

describe('followSocket', () => {
  it('tells the code and the reason of a close', async () => {
    const ending = await follow({ onSocket: (socket) => socket.close(4100, 'full') })

    expect(ending).toEqual({ kind: 'closed', code: 4100, reason: 'full' })
  })

  it('tells a dropped connection as 1006', async () => {
    const ending = await follow({ onSocket: (socket) => socket.terminate() })

    expect(ending).toMatchObject({ kind: 'closed', code: 1006 })
  })

  it('tells what the server said when it refused', async () => {
    const ending = await follow({
      onUpgrade: (_request, socket) => refuseUpgrade(socket, 403, '{"message":"not from there"}'),
    })

    expect(ending).toEqual({
      kind: 'refused',
      status: 403,
      message: 'the server refused (403): not from there',
    })
  })

  it('ends a socket that is silent, and measures from the last message that counts', async () => {
    const startedAt = performance.now()
    const ending = await follow({
      onSocket: (socket) => {
        setTimeout(() => socket.send('x'), 60)
      },
    })

    expect(ending).toEqual({ kind: 'silent', silenceMs: 100 })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(155)
  })

  it('does not count a message that cannot be read as a sign of life', async () => {
    let chatter: NodeJS.Timeout | undefined
    const ending = await follow(
      { onSocket: (socket) => (chatter = setInterval(() => socket.send('x'), 20)) },
      { onText: () => 'ignored' },
    )

    clearInterval(chatter)
    expect(ending).toMatchObject({ kind: 'silent' })
  })

  it('says good-bye with 1000 when the person leaves', async () => {
    const leave = new AbortController()
    const heard: number[] = []
    const ending = await follow(
      {
        onSocket: (socket) => {
          socket.on('close', (code) => heard.push(code))
          leave.abort()
        },
      },
      { signal: leave.signal, maxSilenceMs: () => 5_000 },
    )

    await expect.poll(() => heard).toHaveLength(1)

    expect(ending.kind).not.toBe('silent')
  })

  it('does not wait for a server that never answers the close', async () => {
    const leave = new AbortController()
    const startedAt = performance.now()
    await follow(
      {
        onSocket: (socket) => {
          socket.pause()
          setTimeout(() => leave.abort(), 20)
        },
      },
      { signal: leave.signal, maxSilenceMs: () => 5_000 },
    )

    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})

describe('pollHealth', () => {
  it.each([
    [503, '{}', 'HTTP 503'],
    [200, '<html>', 'the answer holds no pipeline status'],
  ])('says of HTTP %i with %s why it brought nothing', async (status, body, reason) => {
    const url = await start({
      onRequest: (_request, response) => response.writeHead(status).end(body),
    })

    const result = await pollHealth({
      url,
      token: undefined,
      signal: new AbortController().signal,
    })

    expect(result).toEqual({ kind: 'failed', reason })
  })
})

describe('createPolling', () => {
  const nothing: PollResult = { kind: 'failed', reason: 'nothing' }

  function polling(results: PollResult[]) {
    return createPolling({
      firstAfterMs: 20,
      everyMs: 20,
      poll: () => Promise.resolve(nothing),
      onResult: (result) => results.push(result),
    })
  }

  it('polls again and again until it is stopped', async () => {
    const results: PollResult[] = []
    const poller = polling(results)

    poller.start()
    await expect.poll(() => results.length).toBeGreaterThan(2)
    poller.stop()
    const count = results.length
    await new Promise((resolve) => setTimeout(resolve, 60))

    expect(results).toHaveLength(count)
  })

  it('is not put off by being started again and again', async () => {
    const results: PollResult[] = []
    const poller = polling(results)

    const restarts = setInterval(poller.start, 5)
    await expect.poll(() => results.length).toBeGreaterThan(0)
    clearInterval(restarts)
    poller.stop()

    expect(results[0]).toBe(nothing)
  })

  it('forgets an answer that comes after the socket is back', async () => {
    const results: PollResult[] = []
    const poller = createPolling({
      firstAfterMs: 0,
      everyMs: 1_000,
      poll: (signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(nothing))),
      onResult: (result) => results.push(result),
    })

    poller.start()
    await new Promise((resolve) => setTimeout(resolve, 20))
    poller.stop()
    await new Promise((resolve) => setTimeout(resolve, 20))

    expect(results).toEqual([])
  })
})

describe('httpGet', () => {
  it('adds no header that would defeat a conditional request', async () => {
    const seen: object[] = []
    const url = await start({
      onRequest: (request, response) => {
        seen.push(request.headers)
        sendJson(response, {})
      },
    })

    await httpGet({
      url,
      headers: { 'if-none-match': '"x"' },
      signal: new AbortController().signal,
    })

    expect(seen[0]).toMatchObject({ 'if-none-match': '"x"' })
    expect(seen[0]).not.toHaveProperty('cache-control')
  })

  it('ends with the time-out when the body never comes', async () => {
    const url = await start({
      onRequest: (_request, response) => response.writeHead(200).write('half'),
    })

    const asked = httpGet({ url, signal: AbortSignal.timeout(50) })

    await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

describe('createScreen', () => {
  it('writes a picture once, in one piece, and clears what is left of the one before', () => {
    const written: string[] = []
    const screen = createScreen((text) => written.push(text))

    screen.draw('a\nb')
    screen.draw('a\nb')

    expect(written).toHaveLength(2)
    expect(written[1]).toContain('a\u001b[K\r\nb\u001b[K\u001b[J')
  })

  it('writes it anew after a resize', () => {
    const written: string[] = []
    const screen = createScreen((text) => written.push(text))
    screen.draw('a')

    screen.invalidate()
    screen.draw('a')

    expect(written).toHaveLength(3)
  })

  it('gives the terminal back once, and draws nothing after it', () => {
    const written: string[] = []
    const screen = createScreen((text) => written.push(text))

    screen.leave()
    screen.leave()
    screen.draw('late')

    expect(written.slice(1)).toEqual(['\u001b[?25h\u001b[?1049l'])
  })
})
