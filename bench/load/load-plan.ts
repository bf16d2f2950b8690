import type { DialectName } from './dialect.js'

/** What the load generator is asked to do, over the IPC channel. */
export interface LoadPlan {
  readonly port: number
  readonly controlPort: number
  readonly dialect: DialectName
  readonly sockets: number
  /** For how long updates are sent back to back before those that count, in milliseconds. */
  readonly warmUpMs: number
  /** For how long updates are sent back to back, in milliseconds. */
  readonly durationMs: number
  /** For how long the sockets then sit idle under watch, in milliseconds; 0 leaves that out. */
  readonly idleMs: number
}

/** What it measured. A delivery is one whole update at one socket. */
export interface LoadFigures {
  readonly deliveriesPerSecond: number
  /** Of the server's process. */
  readonly cpuSecondsPerMillion: number
  /** Of the load generator's own process: what it could take if the server cost nothing. */
  readonly generatorCeilingPerSecond: number
  /** From the first socket that had an update to the last; the median over the updates. */
  readonly firstToLastMs: number
  /** What the server's memory grew by for each idle socket; absent where noise would hide it. */
  readonly idleSocketKb?: number
  /** Sockets that had their first data, for each second of opening. */
  readonly openedPerSecond: number
  /** Of the load generator's own process: how many it could open if the server cost nothing. */
  readonly openingCeilingPerSecond: number
  readonly firstDataP99Ms: number
  /** For each update at each socket, heads of frames included. */
  readonly bytesPerUpdate: number
  /** Of the server while its sockets are idle but for its own cadence. */
  readonly idleLoopP99Ms?: number
  readonly idleLoopMaxMs?: number
  /** How long `GET /health` takes meanwhile. */
  readonly idleHealthP99Ms?: number
}

/** What the load generator answers. */
export type LoadAnswer = { readonly figures: LoadFigures } | { readonly failure: string }
