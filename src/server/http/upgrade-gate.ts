import { EventEmitter } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** Whether a request asks for a WebSocket, and not for some other upgrade. */
export function asksForWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}

/** A request for another protocol, as Node hands it over. */
export interface Upgrade {
  readonly request: IncomingMessage
  /** The connection; whatever is written to it from now on goes to the client as it is. */
  readonly socket: Socket
  /** What has come behind the head of the request. */
  readonly head: Buffer
}

/**
 * Takes a WebSocket for itself.
 *
 * @returns false when it has not touched it: then it goes the way of every request.
 */
export type TakeUpgrade = (upgrade: Upgrade) => boolean

/** Where every upgrade comes in. */
export interface UpgradeGate {
  /** What the WebSocket plugin is to listen to: upgrades that nobody has taken before. */
  readonly server: Server
  /** Lets somebody take WebSockets before Fastify makes requests of them. */
  takeFirst(take: TakeUpgrade): void
  /** Nobody takes any from now on: all of them become requests. */
  takeNone(): void
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly upgradeGate: UpgradeGate
  }
}

/**
 * Stands between the server and the WebSocket plugin. Once somebody listens for upgrades, Node
 * hands over every request with `Connection: Upgrade`, also those of HTTP clients that merely offer
 * `TLS/1.2` on the side and expect an ordinary answer. Only WebSockets pass the gate; the others
 * are put back as ordinary requests. Newer versions of Node do not hand these over in the first
 * place, when asked by `shouldUpgradeCallback`.
 */
export function createUpgradeGate(server: Server, log: GateLog): UpgradeGate {
  const gate = new EventEmitter()
  let take: TakeUpgrade | undefined
  let isOpenToAll = false
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const upgrade = { request, socket, head }
    if (!asksForWebSocket(request)) {
      replayAsRequest(server, upgrade)
      return
    }
    try {
      if (take?.(upgrade) !== true) gate.emit('upgrade', request, socket, head)
    } catch (error) {
      // One socket's trouble stays its own; who comes next may fare better.
      log.error({ stack: (error as Error).stack }, 'an upgrade failed')
      socket.destroy()
    }
  })
  return {
    server: gate as unknown as Server,
    takeFirst: (first) => {
      if (!isOpenToAll) take = first
    },
    takeNone: () => {
      isOpenToAll = true
      take = undefined
    },
  }
}

interface GateLog {
  error(about: object, message: string): void
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
