import { setTimeout as delay } from 'node:timers/promises'
import { errorHint, errorWord } from '../explain-error.js'
import type { HttpAnswer } from '../http-get.js'
import { type Message, NoAnswerError, sendJson, type Transport } from './send-json.js'

/** What became of a message. */
export type Delivery =
  | { readonly kind: 'delivered' }
  /** Sending it again would change nothing; `status` is the answer's. */
  | { readonly kind: 'refused'; readonly status: number; readonly why: string }
  | { readonly kind: 'unanswered'; readonly why: string }

/** The line on which messages leave. */
export interface Line {
  readonly transport: Transport
  /** Aborted when the command is over: waits end, and it is now or never. */
  readonly hurry: AbortSignal
  /** Between 0 and 1. */
  readonly random: () => number
  /** Whether anything at this address has ever answered. */
  hasAnswered: boolean
}

const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 30_000
const MAX_HURRIED_WAIT_MS = 2_000
const MAX_WHY_LENGTH = 300

/**
 * Sends a message until it is taken or refused for good, or until the line is closed. A server
 * that has answered before may be restarting and is worth the wait; one that nobody has ever heard
 * of is not, once the command is over.
 */
export async function deliver(message: Message, line: Line): Promise<Delivery> {
  let waitMs = FIRST_WAIT_MS
  for (;;) {
    const { delivery, retryAfterMs } = await attempt(message, line)
    if (delivery.kind !== 'unanswered') return delivery
    if (isClosed(line) || (line.hurry.aborted && !line.hasAnswered)) return delivery
    const wasHurried = line.hurry.aborted
    await pause(Math.max(waitMs * (0.5 + line.random() / 2), retryAfterMs), line)
    if (isClosed(line)) return delivery
    waitMs = line.hurry.aborted && !wasHurried ? FIRST_WAIT_MS : Math.min(2 * waitMs, MAX_WAIT_MS)
  }
}

function isClosed({ transport }: Line): boolean {
  return transport.signal.aborted
}

interface Attempt {
  readonly delivery: Delivery
  /** 0 when the server does not say. */
  readonly retryAfterMs: number
}

async function attempt(message: Message, line: Line): Promise<Attempt> {
  try {
    const answer = await sendJson(message, line.transport)
    line.hasAnswered = true
    return { delivery: judge(answer), retryAfterMs: retryAfterMs(answer) }
  } catch (error) {
    return { delivery: { kind: 'unanswered', why: oneLine(explain(error)) }, retryAfterMs: 0 }
  }
}

function explain(error: unknown): string {
  if (error instanceof NoAnswerError) return error.message
  const hint = errorHint(error)
  return hint === undefined ? errorWord(error) : `${errorWord(error)}, ${hint}`
}

/** Waits, at most until it is time to hurry; hurried, at most a little. */
async function pause(waitMs: number, { hurry, transport }: Line): Promise<void> {
  const isHurried = hurry.aborted
  const signal = isHurried ? transport.signal : hurry
  const boundedMs = isHurried ? Math.min(waitMs, MAX_HURRIED_WAIT_MS) : waitMs
  await delay(boundedMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

const PASSING = new Set([408, 425, 429])

function judge(answer: HttpAnswer): Delivery {
  const { status } = answer
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  const why = oneLine(`it answers ${status}${reasonIn(answer.body)}`)
  if (status >= 500 || PASSING.has(status)) return { kind: 'unanswered', why }
  return { kind: 'refused', status, why }
}

function reasonIn(body: string): string {
  const found = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(body)?.[1]
  if (found === undefined) return ''
  try {
    return `, ${String(JSON.parse(found))}`
  } catch {
    return '' // no JSON after all: the status has to do
  }
}

function retryAfterMs({ headers }: HttpAnswer): number {
  const seconds = Number(headers['retry-after'] ?? 0)
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds * 1_000), MAX_WAIT_MS) : 0
}

/** A server's words go to a terminal: on one line, without its control characters. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, MAX_WHY_LENGTH)
}
