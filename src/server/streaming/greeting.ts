import type { ConnectionStatusFrame } from '../../protocol/index.js'
import type { ConnectionTimes } from './connection-deadlines.js'

/** What the first frame tells of a connection. */
export interface Greeted {
  readonly sid: string
  readonly epoch: string
  /** The subprotocol that is spoken. */
  readonly protocol: string
}

/** The first frame on a connection: all that its client should know. */
export function greet(
  { sid, epoch, protocol }: Greeted,
  times: ConnectionTimes,
): Omit<ConnectionStatusFrame, 'timestamp'> {
  return {
    type: 'connection_status',
    data: {
      status: 'connected',
      message: 'Connected. Updates follow at once and on each change.',
      sid,
      protocol,
      broadcast_interval_ms: times.broadcastIntervalMs,
      ping_interval_ms: times.pingIntervalMs,
      stale_after_ms: times.staleAfterMs,
      max_age_ms: times.maxAgeMs,
      epoch,
    },
  }
}
