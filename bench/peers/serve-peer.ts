import { createServer, type Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { BoardDocument } from '../board-document.js'
import { listen } from './listen.js'

/** A server under measurement, in its own process. */
export interface Peer {
  readonly port: number
  /** Sends the board, which has just changed, to every socket. */
  publish(): void
}

/** What a peer's process says first, as one line of JSON on its stdout. */
export interface PeerPorts {
  readonly port: number
  /** Where it takes its orders; see {@link PeerOrder}. */
  readonly controlPort: number
  /** The size of a full frame as JSON, in bytes. */
  readonly frameBytes: number
}

/**
 * What the load generator tells a peer, one word a line. `publish` changes the board, sends it and
 * answers nothing, so that it costs as little as it can; the others answer with a
 * {@link PeerUsage}, `collect` after a garbage collection.
 */
export type PeerOrder = 'publish' | 'usage' | 'collect'

/** What a peer has used up. */
export interface PeerUsage {
  /** Of the whole process, user and system, since it began. */
  readonly cpuMs: number
  readonly rssBytes: number
  /** Since the last such answer, beyond the 2 ms at which it is sampled. */
  readonly loopDelayP99Ms: number
  readonly loopDelayMaxMs: number
}

const LOOP_SAMPLE_MS = 2

/**
 * Runs a peer as this process, until its stdin ends: so it never outlives who started it.
 *
 * @param start - starts it on a free port of 127.0.0.1; newcomers are to be sent the board at once.
 * @param collectGarbage - for a runtime without `--expose-gc`.
 */
export async function servePeer(
  start: (board: BoardDocument) => Promise<Peer>,
  collectGarbage: () => void = () => globalThis.gc?.(),
): Promise<void> {
  process.stdin.resume().once('end', () => process.exit(0))
  const board = new BoardDocument(Number(process.argv[2] ?? 50))
  const peer = await start(board)
  const loopDelay = monitorEventLoopDelay({ resolution: LOOP_SAMPLE_MS })
  loopDelay.enable()
  const usage = (): PeerUsage => {
    const { user, system } = process.cpuUsage()
    const figures = {
      cpuMs: (user + system) / 1_000,
      rssBytes: process.memoryUsage.rss(),
      loopDelayP99Ms: Math.max(0, loopDelay.percentile(99) / 1e6 - LOOP_SAMPLE_MS),
      loopDelayMaxMs: Math.max(0, loopDelay.max / 1e6 - LOOP_SAMPLE_MS),
    }
    loopDelay.reset()
    return figures
  }
  const obey = (order: PeerOrder, socket: Socket): void => {
    if (order === 'publish') {
      board.change()
      peer.publish()
      return
    }
    if (order === 'collect') collectGarbage()
    socket.write(`${JSON.stringify(usage())}\n`)
  }
  const control = createServer({ noDelay: true }, (socket) => {
    createInterface({ input: socket }).on('line', (line) => obey(line as PeerOrder, socket))
  })
  const ports: PeerPorts = {
    port: peer.port,
    controlPort: await listen(control),
    frameBytes: Buffer.byteLength(JSON.stringify(board.frame())),
  }
  process.stdout.write(`${JSON.stringify(ports)}\n`)
}
