import type { JsonObject } from './merge-patch.js'
import type { View } from './view.js'

/** The subprotocol that names this version of the contract. */
export const SUBPROTOCOL = 'pipecast.v1'

/** The subprotocol of clients that also take patches in place of full updates. */
export const PATCH_SUBPROTOCOL = 'pipecast.v1.patch'

/** The path of a feed's socket; `/api/v1` in front of it works as well. */
export const SOCKET_PATH = '/ws/monitoring/'

/** The feed that is always there. */
export const PIPELINE_STATUS_FEED = 'pipeline-status'

interface FrameHead {
  /** When the server made the frame, ISO 8601 in UTC. */
  readonly timestamp: string
}

/** The first frame on every socket. Times are in milliseconds. */
export interface ConnectionStatusFrame extends FrameHead {
  readonly type: 'connection_status'
  readonly data: {
    readonly status: 'connected'
    readonly message: string
    /** Names this connection, for logs and support. */
    readonly sid: string
    readonly protocol: string
    readonly broadcast_interval_ms: number
    readonly ping_interval_ms: number
    readonly stale_after_ms: number
    readonly max_age_ms: number
    readonly epoch: string
  }
}

/** A whole truth: the newest value of a feed, or of a view of it. Losing one is harmless. */
export interface UpdateFrame<Data = unknown> extends FrameHead, View {
  readonly type: 'pipeline_status_update' | 'feed_update'
  /** Names one life of the feed's sequence. */
  readonly epoch: string
  /** The position in that sequence; it grows when `data` changes. */
  readonly seq: number
  /** When the data was read from the database. */
  readonly generated_at: string
  /** The database cannot be read: this is the last good data. */
  readonly stale?: true
  readonly data: Data
}

/**
 * What changed since the update before it on the same connection: the document with `seq - 1`
 * becomes the one with `seq`. Without a `patch` nothing has changed, and `seq` is the client's own.
 * The data was read at `timestamp`, unless it is stale.
 */
export interface PatchFrame extends FrameHead {
  readonly type: 'pipeline_status_patch' | 'feed_patch'
  readonly seq: number
  /** The database cannot be read: this is the last good data, as old as it was before. */
  readonly stale?: true
  /** A merge patch, RFC 7396. */
  readonly patch?: JsonObject
  /** Of the patched document; see `createDocumentHash`. There whenever `patch` is. */
  readonly hash?: string
}

/** Answers a client's `ping`. */
export interface PongFrame extends FrameHead {
  readonly type: 'pong'
}

/** What an error frame, and an HTTP refusal, can say. The words never change. */
export type ErrorCode =
  | 'bad_message'
  | 'too_many_messages'
  | 'at_capacity'
  | 'address_limit'
  | 'draining'
  | 'origin_not_allowed'
  | 'unauthorized'
  | 'no_data'
  | 'too_many_views'

/** Says what went wrong, and when to try again where that helps. */
export interface ErrorFrame extends FrameHead {
  readonly type: 'error'
  readonly code: ErrorCode
  readonly message: string
  readonly retry_after_ms?: number
}

/** The token was accepted. */
export interface AuthOkFrame extends FrameHead {
  readonly type: 'auth_ok'
  /** Absent for a token that does not expire. */
  readonly expires_at?: string
}

/** A token is needed within `grace_ms`, or the socket closes with 4001. */
export interface AuthRequiredFrame extends FrameHead {
  readonly type: 'auth_required'
  readonly grace_ms: number
}

/** The server is about to close; a successor may be opened now. */
export interface ConnectionClosingFrame extends FrameHead {
  readonly type: 'connection_closing'
  readonly reason: 'max_age' | 'restart'
  readonly retry_after_ms: number
}

/** Everything a server sends. */
export type ServerFrame =
  | ConnectionStatusFrame
  | UpdateFrame
  | PatchFrame
  | PongFrame
  | ErrorFrame
  | AuthOkFrame
  | AuthRequiredFrame
  | ConnectionClosingFrame

/** Everything a client may send. */
export type ClientMessage =
  | { readonly type: 'ping' }
  | { readonly type: 'refresh' }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'auth'; readonly token: string }

/**
 * Reads a client's message.
 *
 * @param text - JSON: an object with a `type`. Members that are not known are ignored.
 * @returns `null` when it is none of the messages of this protocol.
 */
export function parseClientMessage(text: string): ClientMessage | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null // not JSON is one of the ways to be none of ours
  }
  if (typeof value !== 'object' || value === null) return null
  const { type, token } = value as { type?: unknown; token?: unknown }
  if (type === 'ping' || type === 'refresh' || type === 'pause' || type === 'resume') {
    return { type }
  }
  if (type === 'auth' && typeof token === 'string') return { type, token }
  return null
}

/** The type of a feed's update frames; the built-in feed keeps the name that dashboards know. */
export function updateType(feed: string): UpdateFrame['type'] {
  return feed === PIPELINE_STATUS_FEED ? 'pipeline_status_update' : 'feed_update'
}

/** The type of a feed's patch frames. */
export function patchType(feed: string): PatchFrame['type'] {
  return feed === PIPELINE_STATUS_FEED ? 'pipeline_status_patch' : 'feed_patch'
}
