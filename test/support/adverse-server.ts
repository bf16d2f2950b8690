import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { answerPage, type BuiltPage } from './built-page.js'

/** What it does to whoever wants a live connection, or anything else of the API. */
export type Adversity = 'answers 403' | 'answers 503' | 'accepts and drops' | 'accepts and hangs'

/** What the network may take to tell that one connection has ended before the next began, in ms. */
const HANDOVER_MS = 250

/** A server that serves a page, and nothing that the page wants. */
export interface AdverseServer {
  /** `http://127.0.0.1:<port>`, where the page is. */
  readonly url: string
  /** When somebody tried to get a live connection, by socket or stream; ms, monotonic. */
  readonly attemptsAt: readonly number[]
  /** How many other requests of the API there were. */
  readonly requests: () => number
  /** The most sockets and streams that were open side by side for {@link HANDOVER_MS}. */
  readonly mostOpen: () => number
  close(): Promise<void>
}

/** Starts it on a free port. */
export async function startAdverseServer(
  adversity: Adversity,
  page: BuiltPage,
): Promise<AdverseServer> {
  const attemptsAt: number[] = []
  const streams = new Set<ServerResponse>()
  let [mostOpen, requests] = [0, 0]
  const sockets = new WebSocketServer({ noServer: true })

  const countOpen = () => {
    const open = [...sockets.clients].filter((each) => each.readyState === WebSocket.OPEN)
    mostOpen = Math.max(mostOpen, open.length + streams.size)
  }
  const answerStream = (response: ServerResponse) => {
    if (adversity.startsWith('answers')) {
      refuse(adversity, response)
      return
    }
    streams.add(response)
    response.once('close', () => streams.delete(response))
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    if (adversity === 'accepts and drops') response.end()
    setTimeout(countOpen, HANDOVER_MS)
  }
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (!path.startsWith('/api/')) answerPage(page, path, response)
    else if (path.endsWith('/stream')) {
      attemptsAt.push(performance.now())
      answerStream(response)
    } else {
      requests += 1
      if (adversity !== 'accepts and hangs') refuse(adversity, response)
    }
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    attemptsAt.push(performance.now())
    socket.on('error', () => undefined) // a page that leaves cuts it off
    if (adversity.startsWith('answers')) {
      const status = adversity === 'answers 403' ? '403 Forbidden' : '503 Service Unavailable'
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      if (adversity === 'accepts and drops') accepted.terminate()
      setTimeout(countOpen, HANDOVER_MS)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    attemptsAt,
    requests: () => requests,
    mostOpen: () => mostOpen,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function refuse(adversity: Adversity, response: ServerResponse): void {
  const status = adversity === 'answers 403' ? 403 : 503
  response.writeHead(status, { 'Content-Type': 'application/json' }).end('{}')
}
