import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

/** What a throw-away server does; what is left out answers 404, or accepts the socket and is silent. */
export interface FeedServerBehaviour {
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void
  /** Returns whether it has dealt with the upgrade itself. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex) => boolean
  readonly onSocket?: (socket: WebSocket, request: IncomingMessage) => void
}

/** A real server on a free port of 127.0.0.1. */
export interface FeedServer {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Starts a server that speaks real HTTP and real WebSocket. */
export async function startFeedServer(behaviour: FeedServerBehaviour): Promise<FeedServer> {
  const http = createServer((request, response) => {
    if (behaviour.onRequest) behaviour.onRequest(request, response)
    else response.writeHead(404).end()
  })
  const sockets = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined)
    if (behaviour.onUpgrade?.(request, socket) === true) return
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      behaviour.onSocket?.(accepted, request)
    })
  })
  await listen(http)
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const client of sockets.clients) client.terminate()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

/** Answers an upgrade with something else than 101. */
export function refuseUpgrade(socket: Duplex, status: number, body: string): true {
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  )
  return true
}

/** Answers a request with JSON. */
export function sendJson(
  response: ServerResponse,
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
}
