import { EventEmitter } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** Whether a request asks for a WebSocket, and not for some other upgrade. */
export function asksForWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}

/**
 * Stands between the server and the WebSocket plugin. Once somebody listens for upgrades, Node
 * hands over every request with `Connection: Upgrade`, also those of HTTP clients that merely offer
 * `TLS/1.2` on the side and expect an ordinary answer. Only WebSockets pass the gate; the others
 * are put back as ordinary requests. Newer versions of Node do not hand these over in the first
 * place, when asked by `shouldUpgradeCallback`.
 *
 * @returns what the plugin is to listen to.
 */
export function createUpgradeGate(server: Server): Server {
  const gate = new EventEmitter()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (asksForWebSocket(request)) gate.emit('upgrade', request, socket, head)
    else replayAsRequest(server, { request, socket, head })
  })
  return gate as unknown as Server
}

interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** Gives the request to the server once more, without the words that asked for an upgrade. */
function replayAsRequest(server: Server, { request, socket, head }: Upgrade): void {
  const lines = [`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/${request.httpVersion}`]
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    if (/^(upgrade|connection|http2-settings)$/i.test(name)) continue
    lines.push(`${name}: ${request.rawHeaders[index + 1] ?? ''}`)
  }
  server.emit('connection', socket)
  const text = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  socket.unshift(Buffer.concat([text, head]))
  socket.resume()
}
