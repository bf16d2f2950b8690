/**
 * What came of a question:
 *
 * - `answered`: what was asked for
 * - `refused`: the server says that it is not to be had; asking again does not change that
 * - `failed`: nothing, for a reason that may pass
 */
export type Outcome = 'answered' | 'refused' | 'failed'

/** How a question stands. Instants are ms of a monotonic clock. */
export interface Asking {
  /** When it was asked last; `-Infinity` before the first time. */
  readonly askedAt: number
  /** What came of that, and when; `null` while the server is asked. */
  readonly ended: { readonly outcome: Outcome; readonly at: number } | null
  /** Since it was asked, something has happened that may change the answer. */
  readonly isChanged: boolean
  /** Since it was asked, the connection has come back. */
  readonly isBack: boolean
}

/** What decides when a question is asked. */
export interface Conditions {
  /** Another version may have another answer. */
  readonly version: string | number | undefined
  /** It is asked again so long after each answer, in ms; `Infinity` for never. */
  readonly everyMs: number
  /** Nobody looks. */
  readonly isHidden: boolean
  /** Data comes, over whatever transport. */
  readonly isReceiving: boolean
}

/** However much happens, a question is asked no sooner after it was asked last, in ms. */
const LEAST_GAP_MS = 1_000
/** So long after a failure it is asked again, in ms. */
const RETRY_MS = 5_000

/** Before the first time; it is due. */
export const NEVER_ASKED: Asking = {
  askedAt: -Infinity,
  ended: { outcome: 'answered', at: -Infinity },
  isChanged: true,
  isBack: false,
}

/**
 * When a question is to be asked, which may be in the past; `Infinity` until something happens. Only
 * the first time does not wait for somebody who looks.
 */
export function askAt(
  { askedAt, ended, isChanged, isBack }: Asking,
  { everyMs, isHidden }: Pick<Conditions, 'everyMs' | 'isHidden'>,
): number {
  if (ended === null || (isHidden && askedAt !== -Infinity)) return Infinity
  if (isBack && ended.outcome !== 'answered') return askedAt + LEAST_GAP_MS
  // Whatever happens meanwhile: a server in trouble is spared.
  if (ended.outcome === 'failed') return ended.at + RETRY_MS
  return isChanged ? askedAt + LEAST_GAP_MS : ended.at + everyMs
}

/** The question is asked now. */
export function askedAgain(now: number): Asking {
  return { askedAt: now, ended: null, isChanged: false, isBack: false }
}

/** What a question learns from new conditions, also while the server is asked. */
export function withNews(asking: Asking, before: Conditions, after: Conditions): Asking {
  return {
    ...asking,
    isChanged: asking.isChanged || before.version !== after.version,
    isBack: asking.isBack || (!before.isReceiving && after.isReceiving),
  }
}
