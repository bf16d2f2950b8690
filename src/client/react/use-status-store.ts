import { useInsertionEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import type { ConnectOptions } from '../subscription.js'
import {
  createStatusStore,
  serverSnapshot,
  type StatusSnapshot,
  type StatusStore,
} from './status-store.js'

/** `ConnectOptions` as a component has them: what is not known yet is `undefined`. */
export type Wishes<Data> = {
  readonly [Name in keyof ConnectOptions<Data>]: ConnectOptions<Data>[Name] | undefined
} & { readonly url: string }

/**
 * The store of a component and what it sees now. A store is made when the wishes mean another feed,
 * by value; a new object, array or function at each render means the same as before.
 */
export function useStatusStore<Data>(
  wishes: Wishes<Data>,
): readonly [StatusSnapshot<Data>, StatusStore<Data>] {
  const newest = useRef(wishes)
  useInsertionEffect(() => {
    newest.current = wishes
  })
  const key = keyOf(wishes)
  const store = useMemo(
    () => createStatusStore(key, () => connectOptions(() => newest.current)),
    [key],
  )
  const snapshot = useSyncExternalStore<StatusSnapshot<Data>>(
    store.subscribe,
    store.snapshot,
    serverSnapshot,
  )
  return [snapshot, store]
}

/** What tells one connection from another; of a function only that it is one. */
function keyOf<Data>(wishes: Wishes<Data>): string {
  const { url, feed, sources, view, token, share, WebSocket, fetch } = wishes
  const { minRetryMs, maxRetries } = wishes
  return JSON.stringify([
    [url, feed, sources, view, share, WebSocket === null],
    [typeof token, typeof token === 'string' && token, typeof fetch],
    [minRetryMs, maxRetries].map(String),
  ])
}

/** Options whose functions call the newest ones, so that those may change at every render. */
function connectOptions<Data>(wishes: () => Wishes<Data>): ConnectOptions<Data> {
  const known = Object.entries(wishes()).filter(([, value]) => value !== undefined)
  const options = Object.fromEntries(known) as unknown as ConnectOptions<Data>
  return {
    ...options,
    ...(typeof options.token === 'function' && { token: () => newestToken(wishes().token) }),
    onUpdate: (update) => wishes().onUpdate?.(update),
    onState: (state) => wishes().onState?.(state),
  }
}

function newestToken(token: Wishes<unknown>['token']): string | Promise<string> {
  return typeof token === 'function' ? token() : (token ?? '')
}
