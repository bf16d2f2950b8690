import {
  askAt,
  askedAgain,
  type Conditions,
  NEVER_ASKED,
  type Outcome,
  withNews,
} from './asking.js'

/** Asks one question again and again. */
export interface Asker {
  /** These conditions are others now. What is asked at the moment is never withdrawn for that. */
  readonly follow: (change: Partial<Conditions>) => void
  /** Withdraws the question for good. */
  readonly end: () => void
}

/**
 * Asks a question whenever {@link askAt} says so, once at a time.
 *
 * @param ask - asks the server; never fails otherwise than by its outcome.
 * @param now - ms of a monotonic clock.
 */
export function startAsking(
  first: Conditions,
  ask: (signal: AbortSignal) => Promise<Outcome>,
  now: () => number,
): Asker {
  const ending = new AbortController()
  const { signal } = ending
  let conditions = first
  let asking = NEVER_ASKED
  let timer: ReturnType<typeof setTimeout> | undefined
  const plan = () => {
    clearTimeout(timer)
    const at = signal.aborted ? Infinity : askAt(asking, conditions)
    if (at < Infinity) timer = setTimeout(() => void askNow(), Math.max(0, at - now()))
  }
  const askNow = async () => {
    asking = askedAgain(now())
    const outcome = await ask(signal)
    asking = { ...asking, ended: { outcome, at: now() } }
    plan()
  }
  plan()
  return {
    follow: (change) => {
      const before = conditions
      conditions = { ...before, ...change }
      asking = withNews(asking, before, conditions)
      plan()
    },
    end: () => {
      ending.abort()
      clearTimeout(timer)
    },
  }
}
