// Outside of the table, so that a page which asks for `afterClose` need not load all of it.
const NORMAL = 1000
/** The code of a close after which nobody should come back; see {@link CloseCode}. */
export const POLICY_VIOLATION = 1008

/**
 * Why a socket was closed. The class of the code is the instruction to the client, as in the
 * Pusher protocol: 40xx do not come back the same way, 41xx back off, 42xx come back at once.
 */
export const CloseCode = {
  /** The client left. */
  Normal: NORMAL,
  /** The server restarts; the reason says `restart;retry=<ms>`, a different time for each socket. */
  GoingAway: 1001,
  /** Too many messages, or too many bad ones. Do not reconnect. */
  PolicyViolation: POLICY_VIOLATION,
  /** Something broke inside the server. Back off. */
  InternalError: 1011,
  /** The token is missing, wrong or expired. Get a token first. */
  Unauthorized: 4001,
  /** No place is free. Back off, poll meanwhile. */
  AtCapacity: 4100,
  /** The peer does not read what it is sent. Back off, poll meanwhile. */
  TooSlow: 4101,
  /** The connection reached its maximum age. Reconnect at once. */
  MaxAge: 4200,
  /** Nothing was heard from the peer for too long. Reconnect at once. */
  NoSignOfLife: 4201,
} as const

/** One of the close codes that this protocol uses. */
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]

/** What a client does after a close. */
export type AfterClose = 'stay-closed' | 'get-token' | 'back-off' | 'reconnect'

/**
 * What a client should do after a close with this code.
 *
 * @param code - the code of the close event; 1006 and unknown codes mean "back off".
 */
export function afterClose(code: number): AfterClose {
  if (code === NORMAL || code === POLICY_VIOLATION) return 'stay-closed'
  if (code >= 4000 && code < 4100) return 'get-token'
  if (code >= 4200 && code < 4300) return 'reconnect'
  return 'back-off'
}

/** The reason sent with {@link CloseCode.GoingAway}. */
export function restartReason(retryAfterMs: number): string {
  return `restart;retry=${Math.round(retryAfterMs)}`
}

/**
 * Reads the wait out of a close reason.
 *
 * @returns milliseconds, or `null` when the reason names none.
 */
export function retryFromReason(reason: string): number | null {
  const match = /(?:^|;)retry=(\d{1,9})(?:;|$)/.exec(reason)
  return match?.[1] === undefined ? null : Number(match[1])
}
