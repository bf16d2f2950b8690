import type { Bound } from './targets.js'

/**
 * What `npm run bench:quick` holds a change to, as ratios to the naive server in the same run.
 * Margins are generous, because the machines of a CI are noisy: these catch a broadcast that has
 * begun to encode or copy for each socket, not a few per cent.
 */
export const FLOORS: readonly {
  readonly figure: 'cpuSecondsPerMillion' | 'deliveriesPerSecond' | 'firstToLastMs'
  readonly meaning: string
  readonly bound: Bound
}[] = [
  { figure: 'cpuSecondsPerMillion', meaning: 'CPU for a delivery', bound: { atMost: 1 / 2 } },
  { figure: 'deliveriesPerSecond', meaning: 'deliveries a second', bound: { atLeast: 1.5 } },
  { figure: 'firstToLastMs', meaning: 'first to last socket', bound: { atMost: 0.8 } },
]
