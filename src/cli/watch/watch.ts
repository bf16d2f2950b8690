import { wantsColour } from '../colour.js'
import { resolveEndpoints } from '../endpoints.js'
import { type FollowTimes, followFeed } from './follow-feed.js'
import { createLineWriter } from './line-writer.js'
import { renderBoard } from './render-board.js'
import { createBoardView, createJsonView, createLineView, type View } from './views.js'
import { initialState, nextState, type WatchState } from './watch-state.js'

/** What a person asked for. */
export interface WatchRequest {
  readonly address: string
  readonly token?: string | undefined
  /** Frames instead of a table. */
  readonly json?: boolean | undefined
  /** With `json`: every frame. */
  readonly all?: boolean | undefined
  /** One state, then the end. */
  readonly once?: boolean | undefined
}

/** The part of a stream that watching needs; `process.stdout` is one. */
interface TextStream {
  /** @returns `false` when the reader is behind, until `drain`. */
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  readonly on: (event: 'resize' | 'drain', listener: () => void) => unknown
  readonly off: (event: 'resize' | 'drain', listener: () => void) => unknown
}

/** The world round a command. */
export interface WatchSurroundings {
  readonly stdout: TextStream
  readonly stderr: { readonly write: (text: string) => unknown }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when the person leaves. */
  readonly signal: AbortSignal
  /** Calls the listener when the process ends in whatever way, so that a terminal is given back. */
  readonly onExit?: (listener: () => void) => unknown
  /** Shorter times, for tests. */
  readonly times?: FollowTimes
  /** How long `once` waits for data, in milliseconds. */
  readonly onceTimeoutMs?: number
}

const ONCE_TIMEOUT_MS = 15_000
const PLAIN_WIDTH = 120

/**
 * Shows the live status until the signal, or until the server says not to come back.
 *
 * @returns the exit code.
 * @throws InvalidAddressError for an address that cannot be used.
 */
export async function watch(request: WatchRequest, around: WatchSurroundings): Promise<number> {
  const endpoints = resolveEndpoints(request.address)
  const done = new AbortController()
  const view = viewFor(request, around)
  around.onExit?.(view.close)
  let state = initialState(endpoints.base)
  const onResize = () => {
    view.onResize?.()
    view.onTick(state)
  }
  around.stdout.on('resize', onResize)
  const ticks = setInterval(() => view.onTick(state), 1_000)
  const timeLimit = limitFor(request, around, () => done.abort())
  try {
    const stopped = await followFeed({
      endpoints,
      token: request.token,
      signal: AbortSignal.any([around.signal, done.signal]),
      random: Math.random,
      ...(around.times === undefined ? {} : { times: around.times }),
      onEvent: (event) => {
        if (done.signal.aborted) return
        state = nextState(state, event, Date.now())
        view.onEvent(event, state)
        if (request.once === true && state.update !== null) done.abort()
      },
    })
    view.close()
    return conclude({ stopped, state, request, around })
  } finally {
    clearTimeout(timeLimit)
    clearInterval(ticks)
    around.stdout.off('resize', onResize)
    view.close()
  }
}

interface Conclusion {
  readonly stopped: string | null
  readonly state: WatchState
  readonly request: WatchRequest
  readonly around: WatchSurroundings
}

function conclude({ stopped, state, request, around }: Conclusion): number {
  if (stopped !== null) {
    around.stderr.write(`pipecast: ${stopped}\n`)
    return 1
  }
  if (request.once !== true || around.signal.aborted) return 0
  if (state.update === null) {
    const { connection } = state
    const why = connection.phase === 'lost' ? connection.reason : 'no answer in time'
    around.stderr.write(`pipecast: no data from ${state.address}: ${why}\n`)
    return 1
  }
  if (request.json === true) return 0
  const { stdout, env } = around
  const isTerminal = stdout.isTTY === true
  const board = renderBoard(state, {
    width: isTerminal ? (stdout.columns ?? PLAIN_WIDTH) : PLAIN_WIDTH,
    height: Number.POSITIVE_INFINITY,
    now: Date.now(),
    colour: wantsColour(env, isTerminal),
  })
  stdout.write(`${board}\n`)
  return 0
}

function limitFor(
  request: WatchRequest,
  around: WatchSurroundings,
  onTimeout: () => void,
): NodeJS.Timeout | undefined {
  if (request.once !== true) return undefined
  return setTimeout(onTimeout, around.onceTimeoutMs ?? ONCE_TIMEOUT_MS)
}

function viewFor(request: WatchRequest, { stdout, stderr, env }: WatchSurroundings): View {
  const output = { write: (text: string) => void stdout.write(text), now: Date.now }
  if (request.json === true) {
    const warn = (text: string) => void stderr.write(`pipecast: ${text}`)
    const lines = createLineWriter(stdout)
    return createJsonView({ lines, warn, all: request.all === true, now: Date.now })
  }
  if (request.once === true) return SILENT_VIEW
  if (stdout.isTTY !== true || env['TERM'] === 'dumb') return createLineView(output)
  return createBoardView({
    ...output,
    size: () => ({ width: stdout.columns ?? 80, height: stdout.rows ?? 24 }),
    colour: wantsColour(env, true),
  })
}

const SILENT_VIEW: View = {
  onEvent: () => undefined,
  onTick: () => undefined,
  close: () => undefined,
}
