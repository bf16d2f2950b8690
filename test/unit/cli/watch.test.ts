import { afterEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { type WatchRequest, type WatchSurroundings, watch } from '../../../src/cli/watch/watch.js'
import {
  type FeedServer,
  type FeedServerBehaviour,
  refuseUpgrade,
  sendJson,
  startFeedServer,
} from './feed-server.js'
import { sampleGreeting, sampleSource, sampleStatus, sampleUpdate } from './sample-status.js'

const servers: FeedServer[] = []
const leaves: AbortController[] = []
const HEALTHY = sampleStatus([sampleSource('acled')])
const FAILING = sampleStatus([sampleSource('acled', { status: 'Failing', reasons: ['missed'] })])

afterEach(async () => {
  for (const leave of leaves.splice(0)) leave.abort()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

function freshUpdate(data = HEALTHY, change = {}) {
  const at = new Date().toISOString()
  return sampleUpdate(data, { timestamp: at, generated_at: at, ...change })
}

function send(socket: WebSocket, ...frames: readonly object[]): void {
  for (const frame of frames) socket.send(JSON.stringify(frame))
}

/** Starts a server and a watch of it, and gathers what the watch writes. */
async function startWatch(
  behaviour: FeedServerBehaviour,
  request: Partial<WatchRequest> = {},
  terminal: Partial<WatchSurroundings['stdout']> = {},
) {
  const server = await startFeedServer(behaviour)
  servers.push(server)
  const leave = new AbortController()
  leaves.push(leave)
  const written = { out: '', err: '' }
  const exitCode = watch(
    { address: server.url, ...request },
    {
      stdout: {
        write: (text) => (written.out += text),
        columns: 100,
        rows: 20,
        on: () => undefined,
        off: () => undefined,
        ...terminal,
      },
      stderr: { write: (text) => (written.err += text) },
      env: {},
      signal: leave.signal,
      times: { firstPollAfterMs: 20, pollEveryMs: 50 },
      onceTimeoutMs: 500,
    },
  )
  return { server, leave, written, exitCode }
}

function until(isTrue: () => boolean): Promise<void> {
  return expect.poll(isTrue, { timeout: 5_000, interval: 10 }).toBe(true)
}

describe('watch, piped', () => {
  it('writes a line for the start and one for each change, without escape codes', async () => {
    const { written, leave, exitCode } = await startWatch({
      onSocket: (socket) =>
        send(
          socket,
          sampleGreeting(),
          freshUpdate(),
          freshUpdate(HEALTHY, { seq: 2 }),
          freshUpdate(FAILING, { seq: 3 }),
        ),
    })

    await until(() => written.out.includes('Failing'))
    leave.abort()

    expect(await exitCode).toBe(0)
    expect(written.out.replace(/^\S+Z /gm, '')).toBe(
      'start: Healthy, 1 pipeline, 1 source: 1 healthy\nacled: Healthy → Failing (missed)\n',
    )
    expect(written.out).not.toContain('\u001b')
  })

  it('polls while the socket is away, goes on looking for one, and says all of it', async () => {
    let upgrades = 0
    const { written } = await startWatch({
      onUpgrade: (_request, socket) => {
        upgrades += 1
        return upgrades === 1 && refuseUpgrade(socket, 503, '{"message":"stopping"}')
      },
      onRequest: (_request, response) => sendJson(response, freshUpdate()),
      onSocket: (socket) => send(socket, sampleGreeting(), freshUpdate(FAILING, { seq: 2 })),
    })

    await until(() => written.out.includes('live again'))

    expect(
      written.out
        .replace(/^\S+Z /gm, '')
        .split('\n')
        .slice(0, 4),
    ).toEqual([
      expect.stringMatching(/^no live connection: the server refused \(503\): stopping; reconn/),
      'start: Healthy, 1 pipeline, 1 source: 1 healthy',
      'live again',
      'acled: Healthy → Failing (missed)',
    ])
  })

  it('says that data is out of date, once, and when it is not any more', async () => {
    let push: () => void = () => undefined
    const { written } = await startWatch({
      onSocket: (socket) => {
        send(socket, sampleGreeting(), freshUpdate(HEALTHY, { stale: true }))
        push = () => send(socket, freshUpdate(HEALTHY, { seq: 2 }))
      },
    })
    await until(() => written.out.includes('out of date'))

    push()
    await until(() => written.out.includes('up to date again'))

    expect(written.out.match(/out of date/g)).toHaveLength(1)
  })

  it('gives up a socket that is silent for longer than the greeting allows, and reconnects', async () => {
    let sockets = 0
    const { written } = await startWatch({
      onSocket: (socket) => {
        sockets += 1
        send(socket, sampleGreeting({ stale_after_ms: 100 }), freshUpdate())
      },
    })

    await until(() => sockets >= 2)

    expect(written.out).toContain('nothing arrived for')
  })

  it('never asks for a socket more than 12 times, of a server that accepts and drops', async () => {
    let sockets = 0
    await startWatch({
      onSocket: (socket) => {
        sockets += 1
        socket.close(4200)
      },
    })

    await new Promise((resolve) => setTimeout(resolve, 2_500))

    expect(sockets).toBeGreaterThan(1)
    expect(sockets).toBeLessThanOrEqual(5)
  })
})

describe('watch, ended by the server', () => {
  it('exits 1 with the reason after 1008', async () => {
    const { written, exitCode } = await startWatch({
      onSocket: (socket) => socket.close(1008, 'too many messages'),
    })

    expect(await exitCode).toBe(1)
    expect(written.err).toContain('too many messages')
  })

  it.each([
    ['a close with 4001', { onSocket: (socket) => socket.close(4001) }],
    ['a 401', { onUpgrade: (_request, socket) => refuseUpgrade(socket, 401, '{}') }],
    [
      'auth_required',
      {
        onSocket: (socket) =>
          send(socket, { type: 'auth_required', timestamp: '2026-01-28T12:00:00Z', grace_ms: 1 }),
      },
    ],
  ] satisfies [string, FeedServerBehaviour][])(
    'exits 1 and asks for a token after %s',
    async (_case, behaviour) => {
      const { written, exitCode } = await startWatch(behaviour)

      expect(await exitCode).toBe(1)
      expect(written.err).toBe('pipecast: token needed: --token or PIPECAST_VIEW_TOKEN\n')
    },
  )
})

describe('watch with a token', () => {
  it('sends it as a bearer, and again when the server asks on the socket', async () => {
    const heard: unknown[] = []
    await startWatch(
      {
        onSocket: (socket, request) => {
          heard.push(request.headers.authorization)
          socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString())))
          send(socket, { type: 'auth_required', timestamp: '2026-01-28T12:00:00Z', grace_ms: 1 })
        },
      },
      { token: 't0ken' },
    )

    await until(() => heard.length === 2)

    expect(heard).toEqual(['Bearer t0ken', { type: 'auth', token: 't0ken' }])
  })
})

describe('watch --json', () => {
  it('writes the frames of the feed exactly as received, and no others', async () => {
    const text = `{ "later": 1, ${JSON.stringify(freshUpdate()).slice(1)}`
    const { written } = await startWatch(
      {
        onSocket: (socket) => {
          send(socket, sampleGreeting())
          socket.send(text)
        },
      },
      { json: true },
    )

    await until(() => written.out !== '')

    expect(written.out).toBe(`${text}\n`)
  })

  it('writes all frames with --all', async () => {
    const { written } = await startWatch(
      { onSocket: (socket) => send(socket, sampleGreeting(), freshUpdate()) },
      { json: true, all: true },
    )

    await until(() => written.out.includes('pipeline_status_update'))

    expect(written.out).toMatch(/^\{"type":"connection_status".*\n\{"type":"pipeline_status_upd/)
  })

  it('writes a polled frame once for each seq, and keeps its warnings off the output', async () => {
    let polls = 0
    const { written } = await startWatch(
      {
        onUpgrade: (_request, socket) => refuseUpgrade(socket, 502, ''),
        onRequest: (_request, response) => {
          polls += 1
          sendJson(response, freshUpdate())
        },
      },
      { json: true },
    )

    await until(() => polls >= 4)

    expect(written.out.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(written.out)).toMatchObject({ epoch: 'e1', seq: 1 })
    expect(written.err).toContain('look at the proxy in front')
  })

  it('writes the newest frame when a slow reader has caught up, and none between', async () => {
    const seqs: unknown[] = []
    let isSent = false
    let drain: () => void = () => undefined
    await startWatch(
      {
        onSocket: (socket) => {
          send(socket, ...[1, 2, 3, 4].map((seq) => freshUpdate(HEALTHY, { seq })))
          socket.on('pong', () => (isSent = true)).ping()
        },
      },
      { json: true },
      {
        write: (text) => seqs.push(JSON.parse(text).seq) === 0,
        on: (event, listener) => event === 'drain' && (drain = listener),
      },
    )
    await until(() => isSent)

    const before = [...seqs]
    drain()

    expect([before, seqs]).toEqual([[1], [1, 4]])
  })
})

describe('watch --once', () => {
  it('prints one state and ends', async () => {
    const { written, exitCode } = await startWatch(
      { onSocket: (socket) => send(socket, sampleGreeting(), freshUpdate()) },
      { once: true },
    )

    expect(await exitCode).toBe(0)
    expect(written.out).toMatch(/^● Healthy {2}http:/)
    expect(written.out).toContain('acled')
    expect(written.out).not.toContain('\u001b')
  })

  it('prints what polling brought when no socket is to be had', async () => {
    const { written, exitCode } = await startWatch(
      {
        onUpgrade: (_request, socket) => refuseUpgrade(socket, 502, ''),
        onRequest: (_request, response) => sendJson(response, freshUpdate()),
      },
      { once: true },
    )

    expect(await exitCode).toBe(0)
    expect(written.out).toContain('acled')
  })

  it('exits 1 and says why when there is no data in time', async () => {
    const { written, exitCode } = await startWatch(
      { onUpgrade: (_request, socket) => refuseUpgrade(socket, 502, '') },
      { once: true },
    )

    expect(await exitCode).toBe(1)
    expect(written.err).toMatch(/^pipecast: no data from http.*502/)
    expect(written.out).toBe('')
  })
})

describe('watch, on a terminal', () => {
  it('draws in place and gives the terminal back, cursor included', async () => {
    const { written, leave, exitCode } = await startWatch(
      { onSocket: (socket) => send(socket, sampleGreeting(), freshUpdate()) },
      {},
      { isTTY: true },
    )
    await until(() => written.out.includes('acled'))

    leave.abort()
    await exitCode

    expect(written.out.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true)
    expect(written.out).toContain('\u001b[32m')
    expect(written.out.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true)
    expect(written.out).not.toContain('\u001b[2J')
  })
})
