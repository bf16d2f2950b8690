import { useMemo } from 'react'
import type { PipelineStatus } from '../../protocol/index.js'
import type { ConnectionState, ConnectOptions, Update } from '../subscription.js'
import { configuredServer } from './configured-server.js'
import { serverUrl } from './endpoint.js'
import { useStatusStore } from './use-status-store.js'

/** Those of `connect`. Nothing has to be kept from render to render. */
export type PipelineStatusOptions<Data = PipelineStatus> = {
  /** `url` may be left out: see {@link usePipelineStatus}. */
  readonly [Name in keyof ConnectOptions<Data>]?: ConnectOptions<Data>[Name] | undefined
}

/** A feed in a component. The functions stay the same while the options mean the same. */
export interface PipelineStatusView<Data = PipelineStatus> {
  /** The newest value; `undefined` before the first. Parts that have not changed stay `===`. */
  readonly data: Data | undefined
  /** The value with its age and its place in the sequence. */
  readonly update: Update<Data> | undefined
  readonly state: ConnectionState
  /** Asks for the newest value now. */
  readonly refresh: () => void
  /** Tries to get a live connection now, within the limits that keep it from storming. */
  readonly retry: () => void
}

/**
 * Follows a feed for as long as the component is mounted. Any number of components share one
 * connection, which is opened anew only when `url`, `feed` or `token` mean something else: inline
 * objects and callbacks are fine. A token function is asked for a token whenever one is needed; that
 * it is another function says nothing.
 *
 * Without a `url` the server is the one in `NEXT_PUBLIC_STATUS_URL`, `NEXT_PUBLIC_WS_URL` or
 * `NEXT_PUBLIC_API_URL`, else the page's own. On a server the state is `connecting`.
 *
 * @throws EndpointError when such a variable is no URL.
 */
export function usePipelineStatus<Data = PipelineStatus>(
  options: PipelineStatusOptions<Data> = {},
): PipelineStatusView<Data> {
  const url = options.url ?? serverUrl(configuredServer())
  const [{ update, state }, { refresh, retry }] = useStatusStore<Data>({ ...options, url })
  return useMemo(
    () => ({ data: update?.data, update, state, refresh, retry }),
    [update, state, refresh, retry],
  )
}
