import type { ServerResponse } from 'node:http'
import type { WebSocket } from 'ws'

/**
 * Lets go of all that a request brought along once it has become a socket: its headers, both sides
 * of HTTP, the reply and its log would otherwise live as long as the socket, and take more memory
 * than everything that a socket needs.
 *
 * @param response - the answer that was never made, still attached to the connection.
 */
export function forgetRequest(webSocket: WebSocket, response: ServerResponse): void {
  if (response.socket !== null) response.detachSocket(response.socket)
  // The plugin's listener knows the request and the reply. Without any an error would be thrown.
  webSocket.removeAllListeners('error')
  webSocket.on('error', leaveToClose)
}

/** What went wrong is told by the close code: ws sends it, and ends the socket by itself. */
export function leaveToClose(): void {
  // Without a listener the error would be thrown.
}
