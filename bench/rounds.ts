import type { NearCores } from './near-cores.js'
import type { PeerEntry } from './peers/catalogue.js'
import type { Measurement } from './results.js'
import { NoBunError, runPeer } from './run-peer.js'

/** What to measure. */
export interface RoundsPlan {
  readonly peers: readonly PeerEntry[]
  readonly sockets: readonly number[]
  readonly rounds: number
  readonly sources: number
  /** For how long updates are sent back to back to each before those that count, in milliseconds. */
  readonly warmUpMs: number
  /** For how long updates are sent back to back to each, in milliseconds. */
  readonly durationMs: number
  /** Ends the run. */
  readonly signal: AbortSignal
  /** Decides when to measure, and whether again; without it everything is measured once. */
  readonly nearCores?: NearCores | undefined
  /** For how long idle sockets of this peer are watched. */
  readonly idle?: { readonly peer: string; readonly sockets: number; readonly forMs: number }
}

/** Told how far it is; one line each. */
export type Progress = (line: string) => void

/**
 * Measures every peer once a round, one after the other, so that whatever changes on the machine
 * meets all of them. A peer that fails is reported and left out of that round.
 *
 * @throws Error the reason of the signal, when it ends the run.
 */
export async function measureRounds(
  plan: RoundsPlan,
  progress: Progress,
): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  const absent = new Set<string>()
  const total = plan.rounds * plan.sockets.length * plan.peers.length
  let done = 0
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const sockets of plan.sockets) {
      for (const peer of plan.peers) {
        done += 1
        const at = `[${done}/${total}] round ${round}, ${sockets} sockets, ${peer.name}`
        if (absent.has(peer.name)) continue
        try {
          const take = () => measure({ plan, peer, sockets, round })
          const measurement = await (plan.nearCores?.measure(take) ?? take())
          measurements.push(measurement)
          progress(`${at}: ${describe(measurement)}`)
        } catch (error) {
          plan.signal.throwIfAborted()
          if (error instanceof NoBunError) absent.add(peer.name)
          progress(`${at}: skipped, ${(error as Error).message}`)
        }
      }
    }
  }
  return measurements
}

interface OneMeasurement {
  readonly plan: RoundsPlan
  readonly peer: PeerEntry
  readonly sockets: number
  readonly round: number
}

async function measure({ plan, peer, sockets, round }: OneMeasurement): Promise<Measurement> {
  const isWatched = plan.idle?.peer === peer.name && plan.idle.sockets === sockets
  const { figures, frameBytes } = await runPeer({
    peer,
    sockets,
    sources: plan.sources,
    warmUpMs: plan.warmUpMs,
    durationMs: plan.durationMs,
    signal: plan.signal,
    idleMs: isWatched ? plan.idle.forMs : 0,
  })
  return { round, peer: peer.name, sockets, figures: { ...figures, frameBytes } }
}

function describe({ figures }: Measurement): string {
  const { deliveriesPerSecond = 0, cpuSecondsPerMillion = 0 } = figures
  return `${deliveriesPerSecond.toFixed(0)} deliveries/s, ${cpuSecondsPerMillion.toFixed(1)} s of CPU a million`
}
