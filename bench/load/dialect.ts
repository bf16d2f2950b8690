import { randomBytes } from 'node:crypto'
import { PATCH_SUBPROTOCOL, SUBPROTOCOL } from '../../src/protocol/index.js'

/** How the load generator speaks to a peer. */
export interface Dialect {
  readonly path: string
  readonly headers: readonly string[]
  /** What it says as soon as the socket is open, as a frame. */
  readonly opening?: Buffer
  /** How it answers a message of one byte, which is socket.io's ping, as a frame. */
  readonly heartbeat?: Buffer
}

/** The name of a {@link Dialect}. */
export type DialectName = 'plain' | 'deflate' | 'ours' | 'ours-deflate' | 'ours-patch' | 'socket.io'

const OURS = '/ws/monitoring/pipeline-status'
/** What Chromium offers. */
export const DEFLATE_OFFER = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'

/** The dialects by name. */
export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  plain: { path: '/', headers: [] },
  deflate: { path: '/', headers: [DEFLATE_OFFER] },
  ours: { path: OURS, headers: [`Sec-WebSocket-Protocol: ${SUBPROTOCOL}`] },
  'ours-deflate': {
    path: OURS,
    headers: [DEFLATE_OFFER, `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`],
  },
  'ours-patch': {
    path: OURS,
    headers: [`Sec-WebSocket-Protocol: ${PATCH_SUBPROTOCOL}, ${SUBPROTOCOL}`],
  },
  'socket.io': {
    path: '/socket.io/?EIO=4&transport=websocket',
    headers: [],
    opening: clientFrame(0x1, '40'),
    heartbeat: clientFrame(0x1, '3'),
  },
}

/** The answer to a ping (RFC 6455, section 5.5.3). */
export const PONG = clientFrame(0xa, '')

/** The request that opens a socket. */
export function upgradeRequest(dialect: Dialect, port: number): string {
  return [
    `GET ${dialect.path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...dialect.headers,
    '\r\n',
  ].join('\r\n')
}

/** A client's frames are masked; a mask of zeros leaves the payload as it is. */
function clientFrame(opcode: number, payload: string): Buffer {
  const head = Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0])
  return Buffer.concat([head, Buffer.from(payload)])
}
