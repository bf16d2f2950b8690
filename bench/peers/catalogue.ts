import type { DialectName } from '../load/dialect.js'

/** A server to be measured, and how it is started and spoken to. */
export interface PeerEntry {
  /** How the tables call it. */
  readonly name: string
  /** Its module in this folder. */
  readonly module: string
  readonly runtime: 'node' | 'bun'
  readonly dialect: DialectName
  /** Beyond the number of sources. */
  readonly args: readonly string[]
  /** What it is, for `--help`. */
  readonly meaning: string
}

/** Ours, to which the others are compared. */
export const OURS = 'pipecast'

/** Ours with a hook of Fastify for all requests, so that upgrades are requests too. */
export const OURS_HOOKED = 'pipecast-hook'

/** How the results call the patches of a board of 200 sources. */
export const PATCH_OF_200 = { peer: 'pipecast-patch, 200 sources', sockets: 50 } as const

/** Every peer, in the order of the tables. */
export const PEERS: readonly PeerEntry[] = [
  peer('naive', 'naive', 'plain', '@fastify/websocket, JSON.stringify and send for each socket'),
  {
    ...peer('naive-deflate', 'naive', 'deflate', 'the same, with the per-socket compression of ws'),
    args: ['deflate'],
  },
  peer('socket.io', 'socket-io', 'socket.io', 'socket.io 4, WebSocket only, io.emit'),
  { ...peer('bun', 'bun', 'plain', "Bun's own server and its publish"), runtime: 'bun' },
  peer('floor', 'floor', 'plain', 'bare TCP sockets of Node, one ready Buffer, plain write'),
  peer(OURS, 'pipecast', 'ours', 'our real parts with the settings of production'),
  peer(
    'pipecast-deflate',
    'pipecast',
    'ours-deflate',
    'the same, to clients that offer compression',
  ),
  peer('pipecast-patch', 'pipecast', 'ours-patch', 'the same, to clients that take patches'),
  {
    ...peer(OURS_HOOKED, 'pipecast', 'ours', 'the same, behind a hook for all requests'),
    args: ['hook'],
  },
]

function peer(name: string, module: string, dialect: DialectName, meaning: string): PeerEntry {
  return { name, module, runtime: 'node', dialect, args: [], meaning }
}
