import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { connect } from '../../src/client/index.js'

const STORM_MS = 8_000

/** How a server treats those who ask it for a socket. */
type Treatment = (server: Server) => void

const refuse =
  (status: string): Treatment =>
  (server) => {
    server.on('upgrade', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`))
  }

const accept =
  (treat: (socket: WebSocket) => void): Treatment =>
  (server) => {
    const sockets = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, treat),
    )
  }

const treatments: Readonly<Record<string, Treatment>> = {
  'answers 403': refuse('403'),
  'answers 503': refuse('503'),
  'answers 500': refuse('500'),
  hangs: () => undefined,
  'accepts and drops': accept((socket) => socket.terminate()),
  'says "come back at once"': accept((socket) => socket.close(4200)),
}

describe.concurrent.each(Object.entries(treatments))('a server that %s', (_what, treat) => {
  it('[P9.2] is asked 12 times a minute at most, however hard a page tries', {
    timeout: 30_000,
  }, async ({ onTestFinished }) => {
    let attempts = 0
    const server = createServer((request, response) => {
      if (request.url?.endsWith('/stream') === true) attempts += 1
      response.writeHead(503, { 'Content-Type': 'application/json' }).end('{"code":"draining"}')
    })
    server.on('upgrade', (_request, socket) => {
      attempts += 1
      socket.on('error', () => undefined) // it is cut off
    })
    treat(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`

    let calls = 0
    for (const endAt = Date.now() + STORM_MS; Date.now() < endAt; calls += 1) {
      const subscription = connect({ url, WebSocket })
      subscription.retry()
      subscription.refresh()
      await delay(5)
      subscription.retry()
      subscription.close()
    }

    expect(calls).toBeGreaterThan(100)
    expect(attempts).toBeGreaterThan(3)
    expect(attempts).toBeLessThanOrEqual(12)
  })
})
