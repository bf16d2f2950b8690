import type {
  ConnectionStatusFrame,
  PatchFrame,
  ServerFrame,
  UpdateFrame,
} from '../../../src/protocol/index.js'

const timestamp = '2026-01-28T12:30:45.000Z'

/** A greeting; `broadcastIntervalMs` is the longest time between two updates. */
export function greeting(broadcastIntervalMs = 5_000): ConnectionStatusFrame {
  return {
    type: 'connection_status',
    timestamp,
    data: {
      status: 'connected',
      message: '',
      sid: 'sid',
      protocol: 'pipecast.v1',
      broadcast_interval_ms: broadcastIntervalMs,
      ping_interval_ms: 25_000,
      stale_after_ms: 60_000,
      max_age_ms: 1_800_000,
      epoch: 'e1',
    },
  }
}

/** A full update. */
export function fullUpdate<Data>(data: Data, more: Partial<UpdateFrame> = {}): UpdateFrame<Data> {
  const frame = { epoch: 'e1', seq: 1, generated_at: timestamp, ...more, data }
  return { type: 'pipeline_status_update', timestamp, ...frame }
}

/** A token was accepted. */
export const authOk: ServerFrame = { type: 'auth_ok', timestamp }

/** A patch. */
export function patchFrame(seq: number, more: Partial<PatchFrame> = {}): PatchFrame {
  return { type: 'pipeline_status_patch', timestamp, seq, ...more }
}

/** An error. */
export function errorFrame(
  code: Extract<ServerFrame, { type: 'error' }>['code'],
  retryAfterMs?: number,
): ServerFrame {
  const retry = retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }
  return { type: 'error', timestamp, code, message: '', ...retry }
}

/** The notice that a connection is about to end. */
export function closing(reason: 'max_age' | 'restart', retryAfterMs = 0): ServerFrame {
  return { type: 'connection_closing', timestamp, reason, retry_after_ms: retryAfterMs }
}

/** A token is wanted. */
export const authRequired: ServerFrame = { type: 'auth_required', timestamp, grace_ms: 25_000 }

/** Nothing but a sign of life. */
export const pong: ServerFrame = { type: 'pong', timestamp }
