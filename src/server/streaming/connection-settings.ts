import { AUTH_GRACE_MS } from '../../protocol/index.js'
import { type Config, effectivePingIntervalMs } from '../config/load-config.js'
import type { ConnectionManagerOptions } from './connection-manager.js'

/** How long a place is kept for the successor of a connection that ended of age. */
const PLACE_HOLD_MS = 5_000

/** How many connections the settings allow, and what they say of the life of each. */
export function connectionSettings(
  config: Config,
): Pick<ConnectionManagerOptions, 'limits' | 'times'> {
  return {
    limits: {
      max: config.maxConnections,
      maxPerAddress: config.maxConnectionsPerAddress,
      holdMs: PLACE_HOLD_MS,
    },
    times: {
      broadcastIntervalMs: config.broadcastIntervalMs,
      pingIntervalMs: effectivePingIntervalMs(config),
      staleAfterMs: config.staleAfterMs,
      maxAgeMs: config.maxConnectionAgeMs,
      authGraceMs: AUTH_GRACE_MS,
    },
  }
}
