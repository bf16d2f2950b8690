import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { PeerOrder, PeerUsage } from '../peers/serve-peer.js'

/** The channel over which a peer is told what to do. */
export interface PeerControl {
  readonly publish: () => void
  /** What it has used up; with `collect` after a garbage collection. */
  usage(order: Exclude<PeerOrder, 'publish'>): Promise<PeerUsage>
  close(): void
}

/** Connects to a peer's control port. */
export async function openPeerControl(port: number): Promise<PeerControl> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  const lines = createInterface({ input: socket })
  const say = (order: PeerOrder) => socket.write(`${order}\n`)
  return {
    publish: () => say('publish'),
    usage: async (order) => {
      const answered = once(lines, 'line', { signal: AbortSignal.timeout(30_000) })
      say(order)
      const [line] = (await answered) as [string]
      return JSON.parse(line) as PeerUsage
    },
    close: () => socket.destroy(),
  }
}
