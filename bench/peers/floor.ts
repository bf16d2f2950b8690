import { createHash } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { listen } from './listen.js'
import { servePeer } from './serve-peer.js'

// What Node itself costs: a handshake by hand, then a ready Buffer, the next of the same updates
// that all others send, to one socket after the other. It knows no ping, no close and no slow reader
// and encodes nothing, so nothing that serves can be below it.

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11' // RFC 6455, section 1.3

/** Of which it sends one after the other; some 10 MB of 50 sources. */
const READY_UPDATES = 500

await servePeer(async (board) => {
  const sockets = new Set<Socket>()
  // Frames that never change their length would cost the kernel a fifth less on loopback.
  const frames = Array.from({ length: READY_UPDATES }, () => {
    board.change()
    return textFrame(Buffer.from(JSON.stringify(board.frame())))
  })
  let published = 0
  const newest = () => frames[published % READY_UPDATES] as Buffer
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
      socket.write(newest())
      sockets.add(socket)
    })
  })
  return {
    port: await listen(server),
    publish: () => {
      published += 1
      const frame = newest()
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
