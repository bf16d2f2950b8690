import { useEffect, useState } from 'preact/hooks'
import { withTimeLimit } from '../../client/time-limit.js'
import { usePage } from './page-context.js'

/** What became of a question to the server. */
export type Answer<Value> =
  | { readonly state: 'waiting' }
  | { readonly state: 'failed'; readonly message: string }
  | {
      readonly state: 'answered'
      readonly value: Value
      readonly bytes: number
      readonly at: number
    }

/** So long the server has to answer, in milliseconds. */
const TIMEOUT_MS = 8_000

/** What to ask, and when to ask again. */
export interface Question {
  /** Below the API's base; `null` asks nothing. */
  readonly path: string | null
  /** It is asked anew when this changes; the last answer stays meanwhile. */
  readonly version?: string | number
  /** Asked again so long after each answer, in milliseconds; never unless said. */
  readonly everyMs?: number
}

/**
 * The server's answer, whose shape the caller vouches for. The question is withdrawn when its part of
 * the page goes.
 */
export function useApi<Value>({ path, version, everyMs }: Question): Answer<Value> {
  const { fetchApi, clock } = usePage()
  const [answer, setAnswer] = useState<Answer<Value> & { readonly path?: string | null }>({
    state: 'waiting',
  })
  useEffect(() => {
    if (path === null) return
    const ending = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      const signal = withTimeLimit(ending.signal, TIMEOUT_MS)
      const next = await answerOf<Value>(fetchApi(path, signal), clock.now)
      if (ending.signal.aborted) return
      setAnswer((before) => {
        // What is known stays when a later question fails.
        const isWorse = next.state === 'failed' && before.state === 'answered'
        return isWorse && before.path === path ? before : { ...next, path }
      })
      if (everyMs !== undefined) timer = setTimeout(() => void ask(), everyMs)
    }
    void ask()
    return () => {
      ending.abort()
      clearTimeout(timer)
    }
  }, [path, version, everyMs, fetchApi, clock])
  return answer.path === path ? answer : { state: 'waiting' }
}

async function answerOf<Value>(
  asked: Promise<Response>,
  now: () => number,
): Promise<Answer<Value>> {
  try {
    const response = await asked
    const text = await response.text()
    if (!response.ok) return { state: 'failed', message: failureWords(response.status, text) }
    const bytes = new TextEncoder().encode(text).length
    return { state: 'answered', value: JSON.parse(text) as Value, bytes, at: now() }
  } catch (error) {
    const isSlow = error instanceof DOMException && error.name === 'TimeoutError'
    const message = isSlow ? 'the server did not answer in 8 s' : 'the server cannot be reached'
    return { state: 'failed', message }
  }
}

/** What the server says of it, where it does. */
function failureWords(status: number, text: string): string {
  const said = /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1]
  return said === undefined ? `the server answers ${status}` : (JSON.parse(`"${said}"`) as string)
}
