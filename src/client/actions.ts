import type { ClientMessage, Json, ServerFrame } from '../protocol/index.js'
import type { ConnectionEvent, Effect } from './connection-state.js'
import { createPoll, type Get, limited, type PollAnswer } from './http-requests.js'
import { type LiveTransport, openSocket, type TransportListener } from './socket-transport.js'
import { openStream } from './stream-transport.js'
import type { SocketConstructor, Update } from './subscription.js'
import type { TokenSource } from './token-source.js'

/** Where to connect, and with what. */
export interface Endpoint {
  /** The server's URL, absolute, with a slash at its end. */
  readonly base: string
  readonly feed: string
  /** `null` does without sockets. */
  readonly Socket: SocketConstructor | null
  readonly fetch: typeof fetch
}

/** Who is told what a connection brings. */
export interface FrameListener {
  /** @returns whether a full update is needed. */
  readonly onFrame: (frame: ServerFrame) => boolean
  /** A new transport begins; its patches build on nothing that was there before. */
  readonly onOpen: () => void
  /** What has been received so far. */
  readonly newest: () => Update<Json> | undefined
}

/** What the actions need. */
export interface ActionsContext {
  readonly endpoint: Endpoint
  readonly tokens: TokenSource
  readonly listener: FrameListener
  readonly dispatch: (event: ConnectionEvent) => void
  /** Whether data comes over a socket or a stream now. */
  readonly isLive: () => boolean
  /** Ends every request when the connection ends. */
  readonly signal: AbortSignal
}

/** Does what a machine says. Nothing is reported before the call has returned. */
export type Actions = Readonly<Record<Effect | 'refresh', () => void>>

/** Makes the actions of one connection; at most one transport is there at a time. */
export function createActions(context: ActionsContext): Actions {
  const { endpoint, tokens, listener, dispatch } = context
  const { Socket, base } = endpoint
  const feed = encodeURIComponent(endpoint.feed)
  const get = createGet(context)
  let transport: LiveTransport | undefined

  const send = (message: ClientMessage) => transport?.send(message)
  const say = (type: 'ping' | 'pause' | 'resume' | 'refresh') => () => send({ type })
  const drop = () => {
    transport?.close()
    transport = undefined
  }
  const open = (start: (hooks: TransportListener) => LiveTransport) => {
    drop()
    listener.onOpen()
    transport = start({
      onFrame: (frame) => {
        if (listener.onFrame(frame)) send({ type: 'refresh' })
        dispatch({ type: 'frame', frame })
      },
      onEnd: (how) => dispatch({ type: 'lost', ...how }),
    })
  }
  const obtain = (isAnother: boolean) => () => {
    tokens.obtain(isAnother).then(
      (isThere) =>
        dispatch(isThere ? { type: 'token' } : { type: 'tokenless', isTemporary: false }),
      () => dispatch({ type: 'tokenless', isTemporary: true }),
    )
  }
  return {
    websocket: () => {
      if (Socket === null) return
      const url = `${base.replace(/^http/, 'ws')}ws/monitoring/${feed}`
      open((hooks) => openSocket(Socket, tokens.isConfigured ? `${url}?auth=message` : url, hooks))
    },
    sse: () => {
      const { epoch, seq } = listener.newest() ?? {}
      const cursor = epoch === undefined ? undefined : `${epoch}:${seq ?? ''}`
      open((hooks) => openStream(get, { path: `api/v1/monitoring/${feed}/stream`, cursor }, hooks))
    },
    drop,
    poll: pollAction(context, createPoll(get, `api/v1/monitoring/${feed}`)),
    diagnose: () => void diagnose(context, get),
    token: obtain(false),
    renew: obtain(true),
    auth: () => send({ type: 'auth', token: tokens.show() ?? '' }),
    ping: say('ping'),
    pause: say('pause'),
    resume: say('resume'),
    refresh: say('refresh'),
  }
}

function createGet({ endpoint, tokens }: ActionsContext): Get {
  const { base, fetch } = endpoint
  return async (path, headers, signal) => {
    const token = tokens.show() ?? ((await tokens.obtain(false)) ? tokens.show() : undefined)
    return fetch(base + path, {
      headers: { ...headers, ...(token && { Authorization: `Bearer ${token}` }) },
      signal,
    })
  }
}

/** One poll at a time, and its answer only while nothing better has come. */
function pollAction(
  { dispatch, isLive, listener, signal }: ActionsContext,
  poll: ReturnType<typeof createPoll>,
): () => void {
  let isUnderWay = false
  return () => {
    if (isUnderWay) return
    isUnderWay = true
    void poll(signal)
      .catch((): PollAnswer => ({ refusal: {} })) // not reachable
      .then((answer) => {
        isUnderWay = false
        if (answer.frame && !isLive() && !signal.aborted) listener.onFrame(answer.frame)
        dispatch({ type: 'polled', ...answer })
      })
  }
}

/** Asks why a socket was refused, which a browser does not tell. */
async function diagnose({ dispatch, signal }: ActionsContext, get: Get): Promise<void> {
  try {
    const response = await get('api/v1/public/health', {}, limited(signal))
    const health = (await response.json()) as { connections?: Admission }
    if (health.connections) dispatch({ type: 'diagnosed', ...health.connections })
  } catch {
    // Then nothing is known; the next poll finds out whether anything answers at all.
  }
}

type Admission = Omit<Extract<ConnectionEvent, { readonly type: 'diagnosed' }>, 'type'>
