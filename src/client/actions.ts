import {
  type Admission,
  type ConnectionEvent,
  CUT_OFF,
  type Effect,
  type Word,
} from './connection-state.js'
import { createGet, poll } from './http-requests.js'
import type { Page } from './page.js'
import { openSocket, type Send, type TransportOwner } from './socket-transport.js'
import { followStream } from './stream-transport.js'
import { createTokenSource } from './token-source.js'

/** What a connection can do. */
export interface Actions {
  readonly perform: (effect: Exclude<Effect, 'read'>) => void
  /** The application has another token. */
  readonly give: (token: string) => void
}

/**
 * Makes what does what a machine says. Nothing is reported before the call has returned.
 *
 * @param signal - ends every request when the connection ends.
 */
export function createActions(
  page: Page,
  dispatch: (...event: ConnectionEvent) => void,
  signal: AbortSignal,
): Actions {
  const { base, query, WebSocket } = page
  const path = `monitoring/${encodeURIComponent(page.feed)}`
  const tokens = createTokenSource(page.token)
  const get = createGet(page, tokens, signal)
  let ending: AbortController | undefined
  let send: Send | undefined

  const take = (): TransportOwner => {
    const { signal } = (ending = new AbortController())
    return { signal, tell: (...event) => signal.aborted || dispatch(...event) }
  }
  const obtain = (isAnother: boolean) => {
    tokens.obtain(isAnother).then(
      (isThere) => (isThere ? dispatch('token') : dispatch('tokenless', 'ever')),
      () => dispatch('tokenless', 'now'),
    )
  }
  const askAdmission = async () => {
    const response = await get('api/v1/public/health')
    return ((await response.json()) as { connections?: Admission }).connections
  }
  const actions: Readonly<Record<Exclude<Effect, Word | 'read'>, () => void>> = {
    websocket: () => {
      const url = `${base.replace('http', 'ws')}ws/${path}?auth=message${query.replace('?', '&')}`
      if (WebSocket) send = openSocket(WebSocket, url, take())
    },
    sse: () => {
      const owner = take()
      followStream(get, `api/v1/${path}/stream${query}`, owner)
        .catch(() => undefined) // that it is over says it all
        .finally(() => owner.tell('lost', CUT_OFF))
    },
    drop: () => {
      ending?.abort()
      send = undefined
    },
    poll: () => {
      void poll(get, `api/v1/${path}${query}`)
        .catch(() => ({})) // not reachable
        .then((answer) => dispatch('polled', answer))
    },
    diagnose: () => {
      askAdmission().then(
        (admission) => admission && dispatch('diagnosed', admission),
        () => undefined, // the next poll finds out whether anything answers at all
      )
    },
    token: () => obtain(false),
    renew: () => obtain(true),
    auth: () => send?.({ type: 'auth', token: tokens.show() ?? '' }),
  }
  return {
    perform: (effect) => {
      if (effect in actions) actions[effect as keyof typeof actions]()
      else send?.({ type: effect as Word })
    },
    give: tokens.give,
  }
}
