import { useMemo, useRef } from 'react'
import type { PipelineStatus } from '../../protocol/index.js'
import type { ConnectionState } from '../subscription.js'
import { configuredServer } from './configured-server.js'
import { readEndpoint } from './endpoint.js'
import { type SocketStatus, socketStatus } from './socket-status.js'
import { useStatusStore } from './use-status-store.js'

/** Options as existing dashboards pass them, new at every render if they like. */
export interface WebSocketOptions<Data = PipelineStatus> {
  /** `/ws/monitoring/<feed>`, with or without `/api/v1`, or a whole ws, wss, http or https URL. */
  readonly endpoint: string
  /** Called with the feed's newest value, without the frame round it. */
  readonly onMessage?: ((data: Data) => void) | undefined
  /** Called with each new status. */
  readonly onStatusChange?: ((status: SocketStatus) => void) | undefined
  /**
   * The least wait after a failure, in ms, up to 60,000. The client's own back-off (0.5
   * to 20 s, and 12 attempts in a minute) is never undercut. Default: that alone.
   */
  readonly reconnectInterval?: number | undefined
  /**
   * After so many failed attempts in a row there is one in 5 minutes, while polling goes on, because
   * a dashboard that gives up is wrong until it is reloaded. Default: no limit.
   */
  readonly maxReconnectAttempts?: number | undefined
  /** Writes each change of the status to the console. Default: false. */
  readonly enableLogging?: boolean | undefined
  /** A view token, or where to get a fresh one. Default: the one in the endpoint's query, if any. */
  readonly token?: string | (() => string | Promise<string>) | undefined
}

/** A connection as existing dashboards know it. */
export interface WebSocketView<Data = PipelineStatus> {
  readonly status: SocketStatus
  /** The feed's newest value; `null` before the first. */
  readonly lastMessage: Data | null
  /** Data comes by polling; the search for a live connection goes on. */
  readonly isUsingFallback: boolean
  /** Connects again after `disconnect`; else tries to get a live connection now, within limits. */
  readonly connect: () => void
  /** Ends this component's interest until `connect`. */
  readonly disconnect: () => void
}

/**
 * Drop-in for a dashboard's own hook of that name. It is `usePipelineStatus` in other words, so no
 * callback, new or old, opens a connection, and all components share one.
 *
 * A path leads to the server in `NEXT_PUBLIC_STATUS_URL`, `NEXT_PUBLIC_WS_URL` or
 * `NEXT_PUBLIC_API_URL`, else to the page's own.
 *
 * @throws EndpointError when the endpoint is none of a feed, or such a variable is no URL.
 * @throws RangeError for a `reconnectInterval` or a `maxReconnectAttempts` that is no number or
 * negative.
 */
export function useWebSocket<Data = PipelineStatus>(
  options: WebSocketOptions<Data>,
): WebSocketView<Data> {
  const { endpoint, onMessage, onStatusChange, enableLogging = false } = options
  const reconnectInterval = checked(options, 'reconnectInterval')
  const maxReconnectAttempts = checked(options, 'maxReconnectAttempts')
  const { token, ...target } = readEndpoint(endpoint, configuredServer())
  const told = useRef<SocketStatus>(undefined)
  const [{ update, state }, { connect, disconnect }] = useStatusStore<Data>({
    ...target,
    token: options.token ?? token,
    minRetryMs: reconnectInterval,
    maxRetries: maxReconnectAttempts,
    onUpdate: ({ data }) => onMessage?.(data),
    onState: (next) => {
      const status = socketStatus(next)
      if (status === told.current) return
      told.current = status
      if (enableLogging) log(target.feed, status, next)
      onStatusChange?.(status)
    },
  })
  const status = socketStatus(state)
  const lastMessage = update?.data ?? null
  return useMemo(
    () => ({
      status,
      lastMessage,
      isUsingFallback: status === 'polling-fallback',
      connect,
      disconnect,
    }),
    [status, lastMessage, connect, disconnect],
  )
}

function checked<Data>(
  options: WebSocketOptions<Data>,
  name: 'reconnectInterval' | 'maxReconnectAttempts',
): number | undefined {
  const value = options[name]
  if (value !== undefined && !(value >= 0)) {
    throw new RangeError(`${name} is ${value}; it should be 0 or more`)
  }
  return value
}

function log(feed: string, status: SocketStatus, { reason, retryAt }: ConnectionState): void {
  const next = retryAt === null ? '' : `, next attempt at ${new Date(retryAt).toISOString()}`
  // eslint-disable-next-line no-console -- the application has asked for it
  console.info(`[pipecast] ${feed}: ${status}${reason === null ? '' : ` (${reason})`}${next}`)
}
