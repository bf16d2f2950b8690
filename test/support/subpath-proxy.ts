import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** A reverse proxy that serves another server below a path. */
export interface SubpathProxy {
  /** `http://127.0.0.1:<port>/<path>/`. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Starts a proxy that takes the path off and passes requests and upgrades on, as
 * `location /status/ { proxy_pass http://upstream/; }` of nginx does, Host included.
 *
 * @param path - like `/status/`; everything outside of it answers 404.
 */
export async function startSubpathProxy(upstream: string, path: string): Promise<SubpathProxy> {
  const open = new Set<Duplex>()
  const pass = (incoming: IncomingMessage) =>
    request(`${upstream}/${(incoming.url ?? '').slice(path.length)}`, {
      method: incoming.method ?? 'GET',
      headers: incoming.headers,
      setHost: false,
    })
  const server = createServer((incoming, response) => {
    if (!incoming.url?.startsWith(path)) {
      response.writeHead(404).end()
      return
    }
    const outgoing = pass(incoming)
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    incoming.pipe(outgoing)
  })
  server.on('connection', (socket: Duplex) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  server.on('upgrade', (incoming: IncomingMessage, client: Duplex) => {
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
    outgoing.on('response', () => client.destroy())
    outgoing.on('error', () => client.destroy())
    outgoing.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${String(port)}${path}`,
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
