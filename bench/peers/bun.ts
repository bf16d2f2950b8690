import { servePeer } from './serve-peer.js'

// Bun's own server and its publish; to be run by Bun. Only what is used of it is declared here.

interface BunSocket {
  subscribe(topic: string): void
  send(text: string): void
}
interface BunServer {
  readonly port: number
  upgrade(request: Request): boolean
  publish(topic: string, text: string): void
}
declare const Bun: {
  serve(options: {
    hostname: string
    port: number
    fetch(request: Request, server: BunServer): Response | undefined
    websocket: { open(socket: BunSocket): void; message(): void }
  }): BunServer
  gc(isSynchronous: boolean): void
}

const TOPIC = 'board'

await servePeer(
  (board) => {
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: (request, self) =>
        self.upgrade(request) ? undefined : new Response('', { status: 426 }),
      websocket: {
        open: (socket) => {
          socket.subscribe(TOPIC)
          socket.send(JSON.stringify(board.frame()))
        },
        message: () => undefined,
      },
    })
    return Promise.resolve({
      port: server.port,
      publish: () => server.publish(TOPIC, JSON.stringify(board.frame())),
    })
  },
  () => Bun.gc(true),
)
