/** How long each part of verifying may take, in milliseconds. */
export interface VerifyLimits {
  /** One request over HTTP. */
  readonly requestMs: number
  /** One handshake. */
  readonly openMs: number
  /** From looking for the first frames to giving them up. */
  readonly firstFramesMs: number
  /** From a message to its answer. */
  readonly replyMs: number
  /** Until polling and the socket agree. */
  readonly agreeMs: number
  /** A longer broadcast interval is not waited for. */
  readonly longestIntervalMs: number
  /** What is allowed beyond the interval. */
  readonly intervalSlackMs: number
}

/** Chosen so that all of it ends in less than 15 s. */
export const VERIFY_LIMITS: VerifyLimits = {
  requestMs: 3_000,
  openMs: 3_500,
  firstFramesMs: 2_000,
  replyMs: 2_000,
  agreeMs: 4_000,
  longestIntervalMs: 6_000,
  intervalSlackMs: 1_500,
}

/** The longest that verifying can take: what follows each other added up, in milliseconds. */
export function longestVerifyMs(limits: VerifyLimits): number {
  const dialogueMs = Math.max(
    2 * limits.replyMs,
    limits.agreeMs,
    limits.longestIntervalMs + limits.intervalSlackMs,
  )
  return Math.max(limits.requestMs, limits.openMs + limits.firstFramesMs + dialogueMs)
}
