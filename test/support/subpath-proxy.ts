import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** What a proxy does to what it does not understand. */
export interface ProxyManners {
  /** To upgrades: it passes them, answers 400, or cuts the connection. */
  upgrades: 'pass' | 'refuse' | 'cut'
  /** To event streams: it passes them, keeps what they bring to itself, or answers 502. */
  streams: 'pass' | 'hold' | 'refuse'
  /** Whether the server behind it is told the Host that was asked for. */
  keepsHost: boolean
}

/** A reverse proxy that serves another server below a path. */
export interface SubpathProxy {
  /** `http://127.0.0.1:<port>/<path>/`. */
  readonly url: string
  /** May be changed at any time; what is under way goes on as it began. */
  readonly manners: ProxyManners
  close(): Promise<void>
}

const REFUSAL = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

const hostOf = (url: string) => new URL(url).host

/**
 * Starts a proxy that takes the path off and passes requests and upgrades on, as
 * `location /status/ { proxy_pass http://upstream/; }` of nginx does, Host included; unless its
 * manners are changed.
 *
 * @param path - like `/status/`; everything outside of it answers 404.
 */
export async function startSubpathProxy(upstream: string, path: string): Promise<SubpathProxy> {
  const open = new Set<Duplex>()
  const manners: ProxyManners = { upgrades: 'pass', streams: 'pass', keepsHost: true }
  const pass = (incoming: IncomingMessage) =>
    request(`${upstream}/${(incoming.url ?? '').slice(path.length)}`, {
      method: incoming.method ?? 'GET',
      headers: manners.keepsHost
        ? incoming.headers
        : { ...incoming.headers, host: hostOf(upstream) },
      setHost: false,
    })
  const server = createServer((incoming, response) => {
    if (!incoming.url?.startsWith(path)) {
      response.writeHead(404).end()
      return
    }
    const outgoing = pass(incoming)
    outgoing.on('response', (answer) => {
      const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true
      if (isStream && manners.streams === 'refuse') {
        answer.destroy()
        response.writeHead(502).end()
        return
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      if (isStream && manners.streams === 'hold') response.flushHeaders()
      else answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  })
  server.on('connection', (socket: Duplex) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  server.on('upgrade', (incoming: IncomingMessage, client: Duplex) => {
    if (manners.upgrades === 'refuse') client.end(REFUSAL)
    if (manners.upgrades === 'cut') client.destroy()
    if (manners.upgrades !== 'pass') return
    const outgoing = pass(incoming)
    outgoing.on('upgrade', (answer, upstreamSocket: Duplex, head: Buffer) => {
      const names = Object.entries(answer.headers).map(
        ([name, value]) => `${name}: ${String(value)}`,
      )
      client.write(`HTTP/1.1 101 Switching Protocols\r\n${names.join('\r\n')}\r\n\r\n`)
      client.write(head)
      upstreamSocket.on('error', () => client.destroy()).on('close', () => client.destroy())
      client.on('close', () => upstreamSocket.destroy())
      client.pipe(upstreamSocket).pipe(client)
    })
    outgoing.on('response', ({ statusCode = 502 }) => {
      client.end(`HTTP/1.1 ${statusCode} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    })
    outgoing.on('error', () => client.destroy())
    outgoing.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${String(port)}${path}`,
    manners,
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
