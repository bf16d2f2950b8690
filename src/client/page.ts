import type { Json } from '../protocol/index.js'
import type { DataFrame } from './feed-reader.js'
import type { ConnectionState, SocketConstructor, Update } from './subscription.js'
import type { TokenOption } from './token-source.js'

/** What to connect to, and with what. */
export interface Endpoint {
  /** The server's URL, absolute, with a slash at its end. */
  readonly base: string
  readonly feed: string
  /** What of the feed is wanted: the query of its URLs with its `?`; empty for all of it. */
  readonly query: string
  readonly token: TokenOption
  /** There may be none. */
  readonly WebSocket: SocketConstructor | null | undefined
  readonly fetch: typeof fetch
}

/** What is known of a feed. */
export interface Shown {
  /** The newest value; `undefined` before the first. */
  readonly update: Update<Json> | undefined
  readonly state: ConnectionState
}

/** What this page knows of a feed, however it came to know, and what it wants. */
export interface Page extends Endpoint, Shown {
  /** The least wait after so many failures in a row that all who look on agree on, in ms. */
  readonly wishMs: (failures: number) => number
}

/** Something that a page is to know. */
export type News =
  | [kind: 'frame', DataFrame]
  | [kind: 'update', Update<Json>]
  | [kind: 'state', ConnectionState]

/** Takes news. @returns whether a full update is needed, because a frame built on another one. */
export type Tell = (...news: News) => boolean

/** What can be asked of something that keeps data coming. */
export type Request = 'refresh' | 'retry' | 'visible' | 'hidden' | 'close' | 'token'

/** Something that keeps data coming. A token comes with the request to show it. */
export type Link = (request: Request, token?: string) => void
