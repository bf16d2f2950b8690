/** Where the reporter tells what happens to it; a logger of pino fits. */
export interface DemoLog {
  readonly info: (details: object, message: string) => void
  readonly warn: (details: object, message: string) => void
}

/** What a delivery needs to know. */
export interface DeliveryOptions {
  /** The address of the server, with or without a path. */
  readonly baseUrl: string
  /** Sent as a bearer token. */
  readonly token?: string
  /** Ends a delivery, a waiting one too. */
  readonly signal: AbortSignal
  readonly log: DemoLog
  /** A request that takes longer has failed. 5,000 by default. */
  readonly requestTimeoutMs?: number
}

/**
 * Delivers one body, however often it must be sent.
 *
 * @param path - relative to the base URL.
 * @returns false when there is no point in sending anything more: the signal ended it, or the
 *   token is not accepted.
 */
export type Deliver = (path: string, body: unknown) => Promise<boolean>

type Answer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unauthorized'; readonly reason: string }
  /** Sending it again would not help. */
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string }

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 15_000

/**
 * Makes a delivery that keeps its place: what the server cannot take now is sent again, one request
 * at a time, ever more slowly. An outage is told when it begins and when it is over, and a rejected
 * event only the first time.
 */
export function createDelivery(options: DeliveryOptions): Deliver {
  const { signal, log } = options
  let isOut = false
  let isRejectionTold = false

  function tellOutage(reason: string): void {
    if (isOut) return
    isOut = true
    log.warn({ reason }, 'The demo reporter cannot deliver; it keeps its place and retries')
  }

  function tellRecovery(): void {
    if (isOut) log.info({}, 'The demo reporter delivers again')
    isOut = false
  }

  function tellRejection(reason: string): void {
    if (isRejectionTold) return
    isRejectionTold = true
    log.warn({ reason }, 'The server does not accept some events of the demo; they are left out')
  }

  return async function deliver(path, body) {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      const answer = await post(options, path, body)
      if (answer === null) return false
      switch (answer.kind) {
        case 'accepted':
          tellRecovery()
          return true
        case 'unauthorized':
          log.warn({ reason: answer.reason }, 'The demo reporter stops: its token is not accepted')
          return false
        case 'rejected':
          tellRecovery()
          tellRejection(answer.reason)
          return true
        case 'unavailable':
          tellOutage(answer.reason)
          if (!(await pause(retryMs, signal))) return false
      }
    }
  }
}

/**
 * Waits.
 *
 * @returns false when the signal ended it.
 */
export function pause(waitMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve(!signal.aborted)
    }
    const timer = setTimeout(end, waitMs)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}

/** @returns `null` when the signal ended it. */
async function post(
  { baseUrl, token, signal, requestTimeoutMs = 5_000 }: DeliveryOptions,
  path: string,
  body: unknown,
): Promise<Answer | null> {
  if (signal.aborted) return null
  const request = new AbortController()
  const cancel = () => request.abort()
  const timer = setTimeout(cancel, requestTimeoutMs)
  signal.addEventListener('abort', cancel)
  try {
    const response = await fetch(new URL(path, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      redirect: 'error', // a redirected POST becomes a GET, and the event is lost
      signal: request.signal,
    })
    return understand(response.status, await response.text())
  } catch (error) {
    if (isAborted(signal)) return null
    if (request.signal.aborted) {
      return { kind: 'unavailable', reason: `no answer within ${requestTimeoutMs} ms` }
    }
    return { kind: 'unavailable', reason: describe(error) }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', cancel)
  }
}

/** Asked anew, since time has passed. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}

function understand(status: number, text: string): Answer {
  const reason = `HTTP ${status} ${text.slice(0, 200)}`.trim()
  if (status === 401 || status === 403) return { kind: 'unauthorized', reason }
  if (status === 400 || status === 413 || status === 422) return { kind: 'rejected', reason }
  if (status < 200 || status > 299) return { kind: 'unavailable', reason }
  const { failed, retriable } = batchFailures(text)
  if (retriable > 0)
    return { kind: 'unavailable', reason: `${retriable} events must be sent again` }
  if (failed > 0) return { kind: 'rejected', reason: text.slice(0, 500) }
  return { kind: 'accepted' }
}

/** A batch is answered with 200 even when some of its events were not taken. */
function batchFailures(text: string): { readonly failed: number; readonly retriable: number } {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return { failed: 0, retriable: 0 } // the status alone speaks: a single event needs no body
  }
  const { summary } = (answer ?? {}) as {
    readonly summary?: { readonly failed?: number; readonly retriable?: number }
  }
  return { failed: summary?.failed ?? 0, retriable: summary?.retriable ?? 0 }
}

/** What fetch throws says only "fetch failed"; the cause knows why. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
