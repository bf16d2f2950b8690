import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { portOf } from './listen.js'
import { servePeer } from './serve-peer.js'

// What one writes first: for each socket the document is encoded and sent. With `deflate` each
// socket compresses for itself, with the defaults of ws.

await servePeer(async (board) => {
  const app = Fastify()
  await app.register(websocket, {
    options: { perMessageDeflate: process.argv[3] === 'deflate' },
  })
  app.get('/', { websocket: true }, (socket) => {
    socket.send(JSON.stringify(board.frame()))
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    port: portOf(app.server),
    publish: () => {
      for (const socket of app.websocketServer.clients) socket.send(JSON.stringify(board.frame()))
    },
  }
})
