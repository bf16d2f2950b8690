import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { createPaint } from '../../../src/cli/colour.js'
import { type CheckResult, failed, resultText } from '../../../src/cli/verify/outcome.js'
import { longestVerifyMs, VERIFY_LIMITS } from '../../../src/cli/verify/limits.js'
import { isProved, verify } from '../../../src/cli/verify/verify.js'
import {
  type FeedServer,
  type FeedServerBehaviour,
  refuseUpgrade,
  sendJson,
  startFeedServer,
} from './feed-server.js'
import { sampleGreeting, sampleSource, sampleStatus, sampleUpdate } from './sample-status.js'

const servers: (FeedServer | Server)[] = []
const UPDATE = sampleUpdate(sampleStatus([sampleSource('acled')]))
/** Whoever waits for nothing here need not wait long. */
const QUICK = {
  ...VERIFY_LIMITS,
  requestMs: 1_000,
  openMs: 1_500,
  firstFramesMs: 1_500,
  replyMs: 300,
  agreeMs: 600,
  intervalSlackMs: 300,
}
const NOT_FOUND = JSON.stringify({ code: 'not_found', message: 'there is no such feed' })

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** Everything right: each test breaks one thing of it. */
const SOUND = {
  onRequest: answerSoundly,
  onSocket: speakSoundly,
  onUpgrade: (request, socket) =>
    request.url?.endsWith('no-such-feed') === true && refuseUpgrade(socket, 404, NOT_FOUND),
} satisfies FeedServerBehaviour

function answerSoundly(request: IncomingMessage, response: ServerResponse): void {
  const { url } = request
  if (url === '/health') {
    sendJson(response, { status: 'ok', service: 'pipecast', version: '1.2.3' })
  } else if (url === '/api/v1/public/ready') {
    sendJson(response, { status: 'ready' })
  } else if (url === '/ws/monitoring/pipeline-status') {
    sendJson(response, { code: 'upgrade_required', message: 'use ws://' }, { status: 426 })
  } else if (url === '/api/v1/public/health') {
    sendJson(response, { status: 'ok', ...UPDATE })
  } else {
    sendDocument(request, response)
  }
}

function sendDocument(request: IncomingMessage, response: ServerResponse): void {
  const headers = { etag: '"x"', 'pipecast-epoch': 'e1', 'pipecast-seq': '1' }
  // A server honours this header as the standard says; a client that sends it gets no 304.
  const isFresh = request.headers['cache-control'] === undefined
  if (isFresh && request.headers['if-none-match'] === '"x"') response.writeHead(304, headers).end()
  else sendJson(response, UPDATE.data, { headers })
}

function speakSoundly(socket: WebSocket): void {
  const send = (frame: object) => socket.send(JSON.stringify(frame))
  const timestamp = new Date().toISOString()
  send(sampleGreeting())
  send(UPDATE)
  const ticks = setInterval(() => send(UPDATE), 200)
  socket.on('close', () => clearInterval(ticks))
  socket.on('message', (data: Buffer) => {
    const { type } = JSON.parse(data.toString())
    if (type === 'ping') send({ type: 'pong', timestamp })
    else send({ type: 'error', timestamp, code: 'bad_message', message: 'not known' })
  })
}

async function verifyServer(behaviour: FeedServerBehaviour) {
  const server = await startFeedServer(behaviour)
  servers.push(server)
  return verify({ address: server.url, limits: QUICK })
}

function outcomeOf(results: readonly CheckResult[], claim: string) {
  return results.find((result) => result.claim.includes(claim))?.outcome
}

describe('verify', () => {
  it('proves a sound deployment, check by check', async () => {
    const results = await verifyServer(SOUND)

    expect(results.map(({ outcome }) => outcome.kind)).toEqual(Array(13).fill('passed'))
    expect(isProved(results)).toBe(true)
  })

  it('takes two places at most, sends one bad message, and gives the places back', async () => {
    let open = 0
    let most = 0
    let badMessages = 0
    await verifyServer({
      ...SOUND,
      onSocket: (socket) => {
        most = Math.max(most, ++open)
        socket.on('close', () => (open -= 1))
        socket.on('message', (data: Buffer) => {
          if (!data.toString().includes('ping')) badMessages += 1
        })
        speakSoundly(socket)
      },
    })

    await expect.poll(() => open).toBe(0)

    expect(most).toBeLessThanOrEqual(2)
    expect(badMessages).toBe(1)
  })

  it('names the proxy when it answers an upgrade with 502', async () => {
    const results = await verifyServer({
      ...SOUND,
      onUpgrade: (_request, socket) => refuseUpgrade(socket, 502, '<html>bad gateway'),
    })

    expect(outcomeOf(results, '/ws/monitoring/pipeline-status upgrades')).toMatchObject({
      kind: 'failed',
      hint: expect.stringContaining('the proxy in front does not pass Upgrade'),
    })
    expect(outcomeOf(results, 'a refused upgrade')).toMatchObject({ kind: 'failed' })
    expect(outcomeOf(results, 'greeting')).toEqual({
      kind: 'skipped',
      detail: 'not tried: no socket',
    })
  })

  it('names the proxy when the server sees a plain GET in place of an upgrade', async () => {
    const results = await verifyServer({
      ...SOUND,
      onUpgrade: (_request, socket) => refuseUpgrade(socket, 426, '{"message":"use ws"}'),
    })

    expect(outcomeOf(results, '/ws/monitoring/pipeline-status upgrades')).toMatchObject({
      hint: expect.stringContaining('Upgrade and Connection'),
    })
  })

  it('names a wrong host or path when a web page answers', async () => {
    const results = await verifyServer({
      ...SOUND,
      onRequest: (_request, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'),
    })

    expect(outcomeOf(results, 'the service answers')).toMatchObject({
      detail: 'HTTP 200 with a web page',
      hint: expect.stringContaining('wrong host, port or path prefix'),
    })
  })

  it('names the address to use when the given one redirects', async () => {
    const results = await verifyServer({
      ...SOUND,
      onRequest: (_request, response) =>
        response.writeHead(301, { location: 'https://real.example/' }).end(),
    })

    expect(outcomeOf(results, 'the service answers')).toMatchObject({
      hint: expect.stringContaining('https://real.example/'),
    })
  })

  it('fails when a refusal is a 5xx, and when it is no refusal', async () => {
    const broken = await verifyServer({
      ...SOUND,
      onUpgrade: (request, socket) =>
        request.url?.endsWith('no-such-feed') === true && refuseUpgrade(socket, 500, ''),
    })
    const open = await verifyServer({ onRequest: SOUND.onRequest, onSocket: SOUND.onSocket })

    expect(outcomeOf(broken, 'a refused upgrade')).toMatchObject({
      kind: 'failed',
      detail: 'HTTP 500',
    })
    expect(outcomeOf(open, 'a refused upgrade')).toMatchObject({
      kind: 'failed',
      detail: 'a feed that does not exist was opened',
    })
  })

  it('fails when polling and the socket differ for the same seq', async () => {
    const other = { ...UPDATE, data: { ...UPDATE.data, alerts: ['other'] } }

    const results = await verifyServer({
      ...SOUND,
      onRequest: (request, response) => {
        if (request.url === '/api/v1/public/health') sendJson(response, other)
        else answerSoundly(request, response)
      },
    })

    expect(outcomeOf(results, 'polling the health page')).toMatchObject({
      kind: 'failed',
      detail: 'the data of seq 1 differs',
    })
  })

  it('waits for the socket when polling is ahead of it', async () => {
    const ahead = { ...UPDATE, seq: 2 }

    const results = await verifyServer({
      ...SOUND,
      onRequest: (request, response) => {
        if (request.url === '/api/v1/public/health') sendJson(response, ahead)
        else answerSoundly(request, response)
      },
      onSocket: (socket) => {
        speakSoundly(socket)
        setTimeout(() => socket.send(JSON.stringify(ahead)), 300)
      },
    })

    expect(outcomeOf(results, 'polling the health page')).toEqual({
      kind: 'passed',
      detail: 'equal at seq 2',
    })
  })

  it('fails when data comes later than a second after opening', async () => {
    const results = await verifyServer({
      ...SOUND,
      onSocket: (socket) => {
        socket.send(JSON.stringify(sampleGreeting()))
        setTimeout(() => socket.send(JSON.stringify(UPDATE)), 1_200)
      },
    })

    expect(outcomeOf(results, 'data comes within 1 s')).toMatchObject({
      kind: 'failed',
      detail: expect.stringMatching(/^only after 1[2-9]\d\d ms$/),
    })
  })

  it('skips a broadcast interval that is too long to wait for, and says so', async () => {
    const results = await verifyServer({
      ...SOUND,
      onSocket: (socket) => {
        socket.send(JSON.stringify(sampleGreeting({ broadcast_interval_ms: 60_000 })))
        socket.send(JSON.stringify(UPDATE))
      },
    })

    expect(outcomeOf(results, 'updates follow')).toEqual({
      kind: 'skipped',
      detail: 'the interval is 60 s, too long to wait for here',
    })
  })

  it('repeats what a full server says before it closes', async () => {
    const results = await verifyServer({
      ...SOUND,
      onSocket: (socket) => {
        const timestamp = new Date().toISOString()
        const message = 'Max connections exceeded'
        socket.send(JSON.stringify({ type: 'error', timestamp, code: 'at_capacity', message }))
        socket.close(4100)
      },
    })

    expect(outcomeOf(results, 'greeting')).toMatchObject({
      kind: 'failed',
      detail: 'at_capacity: Max connections exceeded',
    })
    expect(outcomeOf(results, 'data comes')).toMatchObject({
      kind: 'failed',
      detail: 'the socket was closed: 4100',
    })
  })

  it('says that nothing runs there when the connection is refused', async () => {
    const results = await verify({ address: 'http://127.0.0.1:1' })

    expect(outcomeOf(results, 'the service answers')).toEqual(
      failed(
        'ECONNREFUSED',
        'nothing listens there: is the server running, and is the port right?',
      ),
    )
    expect(isProved(results)).toBe(false)
  })

  it('ends within its limits against a server that accepts and never answers', async () => {
    const mute = createServer((socket) => void socket.on('error', () => undefined))
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const address = mute.address()
    const port = typeof address === 'object' ? address?.port : 0
    const startedAt = performance.now()

    const results = await verify({ address: `http://127.0.0.1:${port}`, limits: QUICK })

    mute.close()
    expect(performance.now() - startedAt).toBeLessThan(longestVerifyMs(QUICK))
    expect(outcomeOf(results, '/ws/monitoring/pipeline-status upgrades')).toMatchObject({
      detail: 'no answer within 1.5 s',
      hint: expect.stringContaining('the proxy in front does not pass Upgrade'),
    })
  })

  it('says of each check that nothing came when sockets open and everything hangs', async () => {
    const startedAt = performance.now()

    const results = await verifyServer({ onRequest: () => undefined, onSocket: () => undefined })

    expect(performance.now() - startedAt).toBeLessThan(longestVerifyMs(QUICK))
    expect(outcomeOf(results, 'greeting')).toMatchObject({ detail: 'nothing came within 1.5 s' })
    expect(outcomeOf(results, 'ping')).toMatchObject({ detail: 'nothing came within 0.3 s' })
    expect(outcomeOf(results, 'the service answers')).toMatchObject({
      detail: 'no answer within 1 s',
    })
  })

  it('has limits that together end in less than 15 s', () => {
    expect(longestVerifyMs(VERIFY_LIMITS)).toBeLessThan(15_000)
  })
})

describe('resultText', () => {
  it('puts the hint under the line that failed', () => {
    const text = resultText(
      { claim: 'it works', outcome: failed('no', 'look') },
      createPaint(false),
    )

    expect(text).toBe('✗ it works: no\n  → look')
  })
})
