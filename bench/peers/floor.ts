import { createHash } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { listen } from './listen.js'
import { servePeer } from './serve-peer.js'

// What Node itself costs: a handshake by hand, then one Buffer, made once, to one socket after the
// other. It knows no ping, no close and no slow reader, so nothing that serves can be below it.

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11' // RFC 6455, section 1.3

await servePeer(async (board) => {
  const sockets = new Set<Socket>()
  const frame = textFrame(Buffer.from(JSON.stringify(board.frame())))
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
    socket.once('data', (head) => {
      const key = /^sec-websocket-key: *(\S+)/im.exec(head.toString('latin1'))?.[1] ?? ''
      const accept = createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`).digest('base64')
      socket.resume()
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
      socket.write(frame)
      sockets.add(socket)
    })
  })
  return {
    port: await listen(server),
    publish: () => {
      for (const socket of sockets) socket.write(frame)
    },
  }
})

/** An unmasked text frame (RFC 6455, section 5.2) of 126 to 65,535 bytes. */
function textFrame(payload: Buffer): Buffer {
  if (payload.length < 126 || payload.length > 65_535) throw new RangeError('126 to 65,535 bytes')
  const head = Buffer.from([0x81, 126, payload.length >> 8, payload.length & 0xff])
  return Buffer.concat([head, payload])
}
