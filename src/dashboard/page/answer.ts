import type { Outcome } from './asking.js'

/** What is known of the answer to a question. */
export type Answer<Value> =
  | { readonly state: 'waiting' }
  | { readonly state: 'failed'; readonly message: string }
  | {
      readonly state: 'answered'
      readonly value: Value
      readonly bytes: number
      /** Why it could not be had anew, so that it may be old; `null` when it is the newest. */
      readonly failure: string | null
    }

/** Nothing is known yet. */
export const WAITING = { state: 'waiting' } as const

/** What the server, or the lack of one, says to a question. */
export type Reply<Value> =
  | { readonly outcome: 'answered'; readonly value: Value; readonly bytes: number }
  | { readonly outcome: Exclude<Outcome, 'answered'>; readonly message: string }

/** What is known after a reply: a failure takes away nothing that was known before. */
export function withReply<Value>(before: Answer<Value>, reply: Reply<Value>): Answer<Value> {
  if (reply.outcome === 'answered') {
    return { state: 'answered', value: reply.value, bytes: reply.bytes, failure: null }
  }
  const isKept = reply.outcome === 'failed' && before.state === 'answered'
  return isKept
    ? { ...before, failure: reply.message }
    : { state: 'failed', message: reply.message }
}

/** Reads a reply, whose shape the caller vouches for. */
export async function readReply<Value>(asked: Promise<Response>): Promise<Reply<Value>> {
  try {
    const response = await asked
    const text = await response.text()
    if (!response.ok) {
      const outcome = mayPass(response.status) ? 'failed' : 'refused'
      return { outcome, message: failureWords(response.status, text) }
    }
    const bytes = new TextEncoder().encode(text).length
    return { outcome: 'answered', value: JSON.parse(text) as Value, bytes }
  } catch (error) {
    const isSlow = error instanceof DOMException && error.name === 'TimeoutError'
    const message = isSlow ? 'the server did not answer in 8 s' : 'the server cannot be reached'
    return { outcome: 'failed', message }
  }
}

/** Another token, less haste or a healthier server gets another answer to the same question. */
function mayPass(status: number): boolean {
  return status === 401 || status === 429 || status >= 500
}

/** What the server says of it, where it does. */
function failureWords(status: number, text: string): string {
  const said = /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1]
  return said === undefined ? `the server answers ${status}` : (JSON.parse(`"${said}"`) as string)
}
