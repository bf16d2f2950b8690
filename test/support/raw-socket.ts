import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** An upgraded TCP connection whose peer answers no ping and no close. */
export interface RawSocket {
  readonly socket: Socket
  /** The status of the answer: 101 when the upgrade was served. */
  readonly status: number
}

/** Sends a request for a socket, and nothing after it. */
export function requestUpgrade(url: string, localAddress = '127.0.0.1'): Socket {
  const { hostname, port, pathname, host } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), localAddress })
  socket.on('error', () => undefined) // the server may cut it off
  socket.write(
    [
      `GET ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      '\r\n',
    ].join('\r\n'),
  )
  return socket
}

/** Asks for a socket, and reads what comes without ever answering. */
export async function openRawSocket(url: string, localAddress?: string): Promise<RawSocket> {
  const socket = requestUpgrade(url, localAddress)
  const [head] = (await once(socket, 'data')) as [Buffer]
  socket.resume()
  return { socket, status: Number(head.toString('latin1').split(' ')[1]) }
}
