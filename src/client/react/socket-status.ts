import type { ConnectionState, ConnectionStatus } from '../subscription.js'

/** What `useWebSocket` says of its connection. */
export type SocketStatus =
  | 'connecting'
  | 'connected'
  | 'disconnected'
  | 'reconnecting'
  | 'polling-fallback'

const WORDS: Readonly<Record<ConnectionStatus, SocketStatus>> = {
  connecting: 'connecting',
  connected: 'connected',
  reconnecting: 'reconnecting',
  polling: 'polling-fallback',
  unauthorized: 'disconnected',
  closed: 'disconnected',
}

/** A state in the words of `useWebSocket`; a connection over server-sent events is one as well. */
export function socketStatus({ status }: ConnectionState): SocketStatus {
  return WORDS[status]
}
