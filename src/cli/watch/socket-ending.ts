import { afterClose, CloseCode, retryFromReason } from '../../protocol/index.js'
import { backoffMs, LONGEST_WAIT_MS } from './backoff.js'

/** How an attempt to have a socket ended, sooner or later. */
export type SocketEnding =
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  | {
      /** The upgrade was answered with something else than 101. */
      readonly kind: 'refused'
      readonly status: number
      readonly message: string
      readonly retryAfterMs?: number
    }
  | { readonly kind: 'unreachable'; readonly message: string }
  /** Nothing readable arrived for too long. */
  | { readonly kind: 'silent'; readonly silenceMs: number }
  /** The server asked for a token and there is none to give. */
  | { readonly kind: 'token-asked' }

/** What the client knows when it decides. */
export interface AttemptHistory {
  /** Attempts that failed in a row, this one included. */
  readonly failures: number
  /** How long this socket carried data; 0 when it never did. */
  readonly livedMs: number
  /** A number from 0 up to, not including, 1. */
  readonly random: number
  /** What the server said in its last `error` or `connection_closing` frame. */
  readonly lastWords?: { readonly message?: string; readonly retryAfterMs: number | null }
}

/** What to do next, and why, for the person who watches. */
export type NextStep =
  | { readonly kind: 'stop'; readonly message: string }
  | { readonly kind: 'retry'; readonly afterMs: number; readonly reason: string }

/** Says what to do where a token is needed. */
export const TOKEN_NEEDED = 'token needed: --token or PIPECAST_VIEW_TOKEN'

/** A socket that lived so long was a good one: what follows is a new trouble, not the old one. */
export const GOOD_LIFE_MS = 20_000

/** Decides what follows the end of a socket; the close code's class is the instruction. */
export function decideNext(ending: SocketEnding, history: AttemptHistory): NextStep {
  switch (ending.kind) {
    case 'closed':
      return afterClosed(ending, history)
    case 'refused':
      if (ending.status === 401) return { kind: 'stop', message: TOKEN_NEEDED }
      return backOff(history, ending.message, ending.retryAfterMs)
    case 'unreachable':
      return backOff(history, ending.message)
    case 'silent':
      return backOff(history, `nothing arrived for ${Math.round(ending.silenceMs / 1000)} s`)
    case 'token-asked':
      return { kind: 'stop', message: TOKEN_NEEDED }
  }
}

/** How many failures in a row there are after an attempt that lived so long. */
export function failuresAfter(failuresBefore: number, livedMs: number): number {
  return livedMs >= GOOD_LIFE_MS ? 1 : failuresBefore + 1
}

function afterClosed(
  { code, reason }: { readonly code: number; readonly reason: string },
  history: AttemptHistory,
): NextStep {
  const words = closeText(code, reason, history.lastWords?.message)
  switch (afterClose(code)) {
    case 'stay-closed':
      return { kind: 'stop', message: `the server ended this: ${words}` }
    case 'get-token':
      return { kind: 'stop', message: TOKEN_NEEDED }
    case 'reconnect':
      // A server that closes new sockets with this code would else be asked without a pause.
      if (history.livedMs < GOOD_LIFE_MS) return backOff(history, words)
      return { kind: 'retry', afterMs: 0, reason: words }
    case 'back-off': {
      const hintMs = retryFromReason(reason) ?? history.lastWords?.retryAfterMs
      if (code === CloseCode.GoingAway && hintMs != null) {
        return { kind: 'retry', afterMs: Math.min(hintMs, LONGEST_WAIT_MS), reason: words }
      }
      return backOff(history, words, hintMs ?? undefined)
    }
  }
}

function backOff(history: AttemptHistory, reason: string, hintMs = 0): NextStep {
  const afterMs = Math.max(
    Math.min(hintMs, LONGEST_WAIT_MS),
    backoffMs(history.failures, history.random),
  )
  return { kind: 'retry', afterMs, reason }
}

const CLOSE_WORDS: Readonly<Record<number, string>> = {
  [CloseCode.GoingAway]: 'the server restarts',
  [CloseCode.PolicyViolation]: 'too many or bad messages',
  [CloseCode.InternalError]: 'an error inside the server',
  [CloseCode.AtCapacity]: 'the server is full',
  [CloseCode.TooSlow]: 'this end reads too slowly',
  [CloseCode.MaxAge]: 'the connection reached its maximum age',
  [CloseCode.NoSignOfLife]: 'the server heard nothing from this end',
  1005: 'closed without a code',
  1006: 'the connection was lost',
}

function closeText(code: number, reason: string, lastMessage: string | undefined): string {
  const said = code === CloseCode.GoingAway ? undefined : lastMessage
  const why = said ?? CLOSE_WORDS[code] ?? (reason === '' ? 'closed' : reason)
  const detail = reason === '' || why === reason || reason.includes('retry=') ? '' : `, ${reason}`
  return `${why} (${code}${detail})`
}
