import type { PipelineStatus } from '../protocol/index.js'

/** The newest value of a feed, as the application gets it. */
export interface Update<Data = PipelineStatus> {
  readonly data: Data
  /** Names one life of the feed's sequence. */
  readonly epoch: string
  /** The position in that sequence; it grows when `data` changes. */
  readonly seq: number
  /** When the server read the data from its database, ms since 1970 by the server's clock. */
  readonly generatedAt: number
  /** When this client last heard that the data holds, ms since 1970 by its own clock. */
  readonly receivedAt: number
  /** The server cannot read its database: this is the last good data. */
  readonly isStale: boolean
}

/** Over what the data comes. */
export type Transport = 'websocket' | 'sse' | 'polling'

/**
 * What the connection is doing, in one word.
 *
 * - `connecting`: the first attempt; there has been no data yet.
 * - `connected`: live over a WebSocket or server-sent events.
 * - `reconnecting`: it was lost; the next attempt is under way or waits until `retryAt`.
 * - `polling`: data comes by polling, and the search for something better goes on.
 * - `unauthorized`: the server wants another token. Nothing is tried until there is one.
 * - `closed`: ended by `close()`, or by a refusal after which nobody should come back.
 */
export type ConnectionStatus =
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'polling'
  | 'unauthorized'
  | 'closed'

/** Why it is not live. `offline` is the browser's word; the others come from the server. */
export type TroubleReason =
  | 'at_capacity'
  | 'address_limit'
  | 'too_many_views'
  | 'bad_view'
  | 'origin_not_allowed'
  | 'unauthorized'
  | 'draining'
  | 'policy'
  | 'no_data'
  | 'offline'
  | 'silent'
  | 'unreachable'

/** The state of a connection, whole: nobody needs the one before it. */
export interface ConnectionState {
  readonly status: ConnectionStatus
  /** Over what data comes now; `null` while none does. */
  readonly transport: Transport | null
  /** How many attempts in a row have not become a live connection. */
  readonly attempt: number
  /** When the next attempt at a live connection is made, ms since 1970; `null` when none waits. */
  readonly retryAt: number | null
  /** Why it is not live; `null` when it is, or when nothing is wrong yet. */
  readonly reason: TroubleReason | null
  /** How full the server is, where it has said so. */
  readonly capacity: { readonly active: number; readonly max: number } | null
}

/** The part of a WebSocket that is used: the browser's has it, and so has that of `ws`. */
export interface Socket {
  readonly readyState: number
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(): void
}

/** Opens a WebSocket: the browser's own class, or that of `ws`. */
export type SocketConstructor = new (url: string, protocols: string[]) => Socket

/** How to connect. */
export interface ConnectOptions<Data = PipelineStatus> {
  /** Where the server is, with its subpath if it has one; relative ones are the page's. */
  readonly url: string
  /** The feed. Default: `pipeline-status`. */
  readonly feed?: string
  /** Only these sources, by key, 100 at most; the server leaves out the others. Default: all. */
  readonly sources?: readonly string[]
  /** `totals` has no `sources`, `pipelines` and `alerts`, but `totals.alerts`. Default: `full`. */
  readonly view?: 'full' | 'totals'
  /**
   * A view token, or where to get a fresh one; asked again whenever the server wants another. Of
   * those who share a connection the one that came last and is still there is asked.
   */
  readonly token?: string | (() => string | Promise<string>)
  /**
   * The least wait after a failure, in ms; what exceeds 60,000 counts as that. The back-off may take
   * longer. Default: 0.
   */
  readonly minRetryMs?: number
  /**
   * After so many failures in a row there is one attempt in 5 minutes, while polling goes on.
   * `retry()`, a network that is back and a page that is looked at again do not wait for it.
   * Those who share a connection are as eager as the most eager of them. Default: no limit.
   */
  readonly maxRetries?: number
  /** Called with each new value, also when only its age or its staleness is new. */
  readonly onUpdate?: (update: Update<Data>) => void
  /** Called with each new state. */
  readonly onState?: (state: ConnectionState) => void
  /** Tabs of one origin share one connection. Default: true where the browser can. */
  readonly share?: boolean
  /** The WebSocket to use: Node 20 has none. `null` does without. Default: the global one. */
  readonly WebSocket?: SocketConstructor | null
  /** Default: the global one. */
  readonly fetch?: typeof fetch
}

/** One interest in a feed. Any number of them for one URL and view share one connection. */
export interface Subscription<Data = PipelineStatus> {
  /** The newest value; `undefined` before the first. */
  readonly update: Update<Data> | undefined
  readonly state: ConnectionState
  /** Asks for the newest value now, or 2.5 s after it was asked for last. */
  refresh(): void
  /**
   * Tries to get a live connection now, or sees whether this one still is, within the limits that keep
   * a page from storming.
   */
  retry(): void
  /** Shows another token, also on a live connection; after `unauthorized` it tries again. */
  authorize(token: string): void
  /** Ends it; the connection ends with the last subscription. Calling it again does nothing. */
  close(): void
}
