import { useEffect, useRef, useState } from 'preact/hooks'
import type { ConnectionState } from '../../client/index.js'
import { withTimeLimit } from '../../client/time-limit.js'
import { type Answer, readReply, WAITING, withReply } from './answer.js'
import { type Asker, startAsking } from './asker.js'
import type { Conditions } from './asking.js'
import { usePage } from './page-context.js'

/** So long the server has to answer, in milliseconds. */
const TIMEOUT_MS = 8_000

/** What to ask, and when to ask again. */
export interface Question {
  /** Below the API's base; `null` asks nothing. */
  readonly path: string | null
  /** When this changes it is asked anew, soon; the last answer stays meanwhile. */
  readonly version?: string | number
  /** Asked again so long after each answer, in milliseconds. Default: `Infinity`, never. */
  readonly everyMs?: number
}

/**
 * The server's answer, whose shape the caller vouches for. A failure is followed by another attempt.
 * The question is withdrawn when its part of the page goes, or asks something else.
 */
export function useApi<Value>({ path, version, everyMs = Infinity }: Question): Answer<Value> {
  const { fetchApi, store } = usePage()
  const [known, setKnown] = useState<Known<Value>>({ path: null, answer: WAITING })
  const asker = useRef<Asker | null>(null)
  useEffect(() => {
    if (path === null) return
    const ask = async (signal: AbortSignal) => {
      const reply = await readReply<Value>(fetchApi(path, withTimeLimit(signal, TIMEOUT_MS)))
      if (!signal.aborted) {
        setKnown((before) => ({ path, answer: withReply(answerTo(path, before), reply) }))
      }
      return reply.outcome
    }
    const around = () => surroundings(store.state().connection)
    const started = startAsking({ version, everyMs, ...around() }, ask, () => performance.now())
    asker.current = started
    const look = () => started.follow(around())
    const leaveStore = store.onChange(look)
    document.addEventListener('visibilitychange', look)
    return () => {
      started.end()
      leaveStore()
      document.removeEventListener('visibilitychange', look)
    }
  }, [path, fetchApi, store])
  useEffect(() => asker.current?.follow({ version, everyMs }), [version, everyMs])
  return answerTo(path, known)
}

/** What is known, and of what. */
interface Known<Value> {
  readonly path: string | null
  readonly answer: Answer<Value>
}

/** What was asked before says nothing of this question. */
function answerTo<Value>(path: string | null, known: Known<Value>): Answer<Value> {
  return known.path === path ? known.answer : WAITING
}

function surroundings({ status }: ConnectionState): Pick<Conditions, 'isHidden' | 'isReceiving'> {
  return {
    isHidden: document.hidden,
    isReceiving: status === 'connected' || status === 'polling',
  }
}
