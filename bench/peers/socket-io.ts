import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { listen } from './listen.js'
import { servePeer } from './serve-peer.js'

// socket.io as it comes, without its long-polling transport.

await servePeer(async (board) => {
  const http = createServer()
  const io = new Server(http, { transports: ['websocket'], serveClient: false })
  io.on('connection', (socket) => socket.emit('update', board.frame()))
  return {
    port: await listen(http),
    publish: () => io.emit('update', board.frame()),
  }
})
