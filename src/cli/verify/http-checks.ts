import { authorization, type HttpAnswer, httpGet } from '../http-get.js'
import { isObject, parseJson } from '../server-frame.js'
import { answerText, noAnswer, unexpectedAnswer, unexpectedUpgradeAnswer } from './answer-hints.js'
import { failed, type Outcome, passed } from './outcome.js'

/** One request. */
export interface AnswerOptions {
  readonly url: string
  readonly token: string | undefined
  /** How long it may take, in milliseconds. */
  readonly limitMs: number
}

/** Asks once and judges the answer; it never rejects. */
export async function checkAnswer(
  { url, token, limitMs }: AnswerOptions,
  judge: (answer: HttpAnswer) => Outcome,
): Promise<Outcome> {
  try {
    const signal = AbortSignal.timeout(limitMs)
    return judge(await httpGet({ url, headers: authorization(token), signal }))
  } catch (error) {
    return noAnswer(error, limitMs)
  }
}

/** `GET /health` must be answered by this service. */
export function judgeHealth(answer: HttpAnswer): Outcome {
  const body = parseJson(answer.body)
  const isOurs =
    isObject(body) && typeof body['service'] === 'string' && typeof body['version'] === 'string'
  if (answer.status !== 200 || !isOurs) return unexpectedAnswer(answer)
  return passed(`${String(body['service'])} ${String(body['version'])}`)
}

/** The server must be ready to serve. */
export function judgeReady(answer: HttpAnswer): Outcome {
  if (answer.status === 200 && isObject(parseJson(answer.body))) return passed('HTTP 200')
  if (answer.status !== 503 || !isObject(parseJson(answer.body))) return unexpectedAnswer(answer)
  return failed(
    answerText(answer),
    `its database, its migrations, or it is stopping: ${answer.body.slice(0, 300)}`,
  )
}

/** A plain GET of the socket's path must say how to connect. */
export function judgePlainGet(answer: HttpAnswer): Outcome {
  if (answer.status !== 426) return unexpectedAnswer(answer)
  if (!isObject(parseJson(answer.body))) {
    return failed('HTTP 426 without JSON', 'something else than this service answers the path')
  }
  return passed(answerText(answer))
}

/** A refused upgrade must say why, and never by a 5xx. */
export function judgeRefusal(answer: HttpAnswer): Outcome {
  const body = parseJson(answer.body)
  const saysWhy =
    isObject(body) && typeof body['code'] === 'string' && typeof body['message'] === 'string'
  if (answer.status !== 404) return unexpectedUpgradeAnswer(answer)
  if (!saysWhy) {
    return failed(
      'HTTP 404 without code and message',
      'a proxy answers in the place of the server: wrong path prefix, or it rewrites errors',
    )
  }
  return passed(answerText(answer))
}
