import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Endpoints } from '../endpoints.js'
import { authorization, type HttpAnswer, httpGet } from '../http-get.js'
import { isUpdate, parseJson, type StatusUpdate } from '../server-frame.js'
import { readHealthDocument } from '../watch/poll-health.js'
import { noAnswer, unexpectedAnswer } from './answer-hints.js'
import { failed, type Outcome, passed, skipped } from './outcome.js'
import type { ProbeSocket } from './probe-socket.js'

const RETRY_AFTER_MS = 200

/** What the comparisons need. */
export interface SameDataOptions {
  readonly endpoints: Endpoints
  readonly token: string | undefined
  readonly socket: ProbeSocket
  /** How long they have to agree, in milliseconds. */
  readonly limitMs: number
}

/** The polling fallback must hold the very data that the socket sent. */
export function checkPolledHealth(options: SameDataOptions): Promise<Outcome> {
  const { endpoints, token, socket, limitMs } = options
  return untilAgreed(limitMs, async (signal) => {
    const headers = authorization(token)
    const answer = await httpGet({ url: endpoints.publicHealth, headers, signal })
    if (answer.status !== 200) return unexpectedAnswer(answer)
    const polled = readHealthDocument(answer.body)
    if (polled === null) return failed('the answer holds no pipeline status')
    const sent = updatesOf(socket, polled.epoch)
    if (sent.length === 0) return anotherProcess(polled.epoch)
    const same = sent.find(({ seq }) => seq === polled.seq)
    if (same === undefined) return failed(`seq ${polled.seq} never came over the socket`)
    if (!isDeepStrictEqual(same.data, polled.data)) {
      return failed(`the data of seq ${polled.seq} differs`, CACHE_HINT)
    }
    return passed(`equal at seq ${polled.seq}`)
  })
}

/** The bare document must hold the same data, and save its transfer when nothing has changed. */
export function checkDocument(options: SameDataOptions): Promise<Outcome> {
  const { endpoints, token, socket, limitMs } = options
  return untilAgreed(limitMs, async (signal) => {
    const url = endpoints.document
    const answer = await httpGet({ url, headers: authorization(token), signal })
    if (answer.status !== 200) return unexpectedAnswer(answer)
    const seq = seqOf(answer)
    const epoch = epochOf(answer)
    const { etag } = answer.headers
    if (seq === null || epoch === null || etag === undefined) return missingHeader(answer)
    const sent = updatesOf(socket, epoch)
    if (sent.length === 0) return anotherProcess(epoch)
    const same = sent.find((update) => update.seq === seq)
    if (same === undefined) return failed(`seq ${seq} never came over the socket`)
    if (!isDeepStrictEqual(same.data, parseJson(answer.body))) {
      return failed(`the data of seq ${seq} differs`, CACHE_HINT)
    }
    const conditional = { ...authorization(token), 'if-none-match': etag }
    const again = await httpGet({ url, headers: conditional, signal })
    if (again.status === 304) return passed(`equal at seq ${seq}, then 304`)
    const epochAgain = epochOf(again)
    if (epochAgain !== null && epochAgain !== epoch) return anotherProcess(epochAgain)
    return failed(
      `HTTP ${again.status} in place of 304 for an unchanged ETag`,
      'a proxy in front drops or rewrites ETag or If-None-Match',
    )
  })
}

const CACHE_HINT =
  'a cache in front keeps old answers, or several processes answer without one database'

/** Data moves on between a poll and a frame, so a first disagreement proves nothing. */
async function untilAgreed(
  limitMs: number,
  attempt: (signal: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const signal = AbortSignal.timeout(limitMs)
  let outcome: Outcome | null = null
  try {
    for (;;) {
      outcome = await attempt(signal)
      if (outcome.kind === 'passed') return outcome
      await sleep(RETRY_AFTER_MS, undefined, { signal })
    }
  } catch (error) {
    return signal.aborted && outcome !== null ? outcome : noAnswer(error, limitMs)
  }
}

function anotherProcess(epoch: string): Outcome {
  return skipped(`another process answers (epoch ${epoch}): nothing to compare`)
}

function missingHeader({ headers }: HttpAnswer): Outcome {
  const missing = ['Pipecast-Seq', 'Pipecast-Epoch', 'ETag'].find(
    (name) => headers[name.toLowerCase()] === undefined,
  )
  return failed(`the header ${missing ?? 'Pipecast-Seq'} is missing`, 'a proxy in front drops it')
}

function updatesOf({ received }: ProbeSocket, epoch: string): StatusUpdate[] {
  const updates = received.flatMap(({ frame }) =>
    frame !== null && isUpdate(frame) ? [frame] : [],
  )
  return updates.filter((update) => update.epoch === epoch)
}

function seqOf({ headers }: HttpAnswer): number | null {
  const header = headers['pipecast-seq']
  return typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : null
}

function epochOf({ headers }: HttpAnswer): string | null {
  const header = headers['pipecast-epoch']
  return typeof header === 'string' && header !== '' ? header : null
}
