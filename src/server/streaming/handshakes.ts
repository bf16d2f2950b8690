import type { Socket } from 'node:net'
import type { WebSocket, WebSocketServer } from 'ws'
import { agreedWindowBits } from '../http/compression.js'
import { UpgradedSocket } from './upgraded-socket.js'

/**
 * Listens to the handshakes of ws, and makes of each its socket. ws answers a handshake and hands
 * over the socket in one go: what was agreed on last belongs to the socket that is handed over.
 */
export class Handshakes {
  private windowBits: number | null = null

  constructor(server: WebSocketServer) {
    server.on('headers', (headers, { socket }) => {
      this.windowBits = agreedWindowBits(headers)
      socket.cork()
    })
  }

  /**
   * Begins to use a socket that ws has just handed over. The answer to the handshake leaves
   * together with all that is written here.
   */
  begin(webSocket: WebSocket, tcp: Socket, use: (socket: UpgradedSocket) => void): void {
    try {
      use(new UpgradedSocket({ webSocket, tcp, windowBits: this.windowBits }))
    } finally {
      tcp.uncork()
    }
  }
}
