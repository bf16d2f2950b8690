import { openConnection } from './connection.js'
import type { Link, News, Page, Request, Tell } from './page.js'

/** What is asked of who leads: `hello` wants all there is, `here` says that somebody looks. */
type Question = readonly [Request | 'hello' | 'here', token?: string | undefined]

/** How often somebody who looks says so, in ms. */
const BEAT_MS = 2_000

/** A leader that leaves so many beats in a row without an answer is frozen. */
const MISSED_BEATS = 3

/**
 * Shares one connection among the tabs of an origin. The tab that holds a lock leads: it has the
 * connection, and passes on every frame. When it closes, the browser gives the lock to the next.
 *
 *     following --(granted the lock, or stole it from one that is frozen)--> leading
 *     leading --(stolen from)--> following
 *     following --(may not use locks, as in a frame without an origin)--> alone
 *
 * Beats are counted, not timed: after a sleep everybody is late, and nobody dead.
 */
export function joinTabs(page: Page, tell: Tell, name: string): Link {
  let channel: BroadcastChannel
  try {
    channel = new BroadcastChannel(name)
  } catch {
    return openConnection(page, tell)
  }
  let post = (...message: News | Question) => channel.postMessage(message)
  let own: Link | undefined
  let isLeading = false
  /** The one that was given last, in whichever tab: whoever leads next needs it. */
  let newestToken: string | undefined
  let term: AbortController | undefined
  let isLooking = true
  let missedBeats = 0

  const silence = () => {
    channel.close()
    post = () => undefined
  }
  const open = () => {
    isLeading = true
    const pass: Tell = (...news) => {
      if (!isLeading) return false
      post(...news)
      return tell(...news)
    }
    own = openConnection(page, pass, newestToken)
    beat()
  }
  const lead = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      signal.onabort = () => resolve()
      // It may be granted in the moment in which it is called off.
      if (signal.aborted) resolve()
      else open()
    })
  /** That this connection ends is no news: somebody else has one. */
  const resign = () => {
    isLeading = false
    own?.('close')
    own = undefined
  }
  const seek = (isStealing: boolean) => {
    term?.abort()
    const { signal } = (term = new AbortController())
    navigator.locks
      .request(name, isStealing ? { steal: true } : { signal }, () => lead(signal))
      .catch((error: unknown) => {
        if (signal.aborted) return // it was called off
        resign()
        const isStolen = (error as Error).name === 'AbortError'
        if (isStolen) seek(false)
        else goAlone()
      })
  }
  /** Without locks nobody could tell who leads; to ask for one again would be refused again. */
  const goAlone = () => {
    silence()
    open()
  }
  const beat = () => {
    if (own) own(isLooking ? 'visible' : 'hidden')
    else if (isLooking) {
      missedBeats += 1
      if (missedBeats > MISSED_BEATS) {
        missedBeats = 0
        seek(true)
      }
      post('here')
    }
  }
  const answer = (link: Link, [question, token]: Question) => {
    // However seldom they look: it takes more than a beat to count as hidden.
    if (question === 'here') link('visible')
    else if (question !== 'hello') link(question, token)
    else {
      if (newestToken !== undefined) post('token', newestToken)
      if (page.update) post('update', page.update)
    }
    post('state', page.state)
  }
  channel.onmessage = ({ data }: { data: News | Question }) => {
    if (isNews(data)) {
      if (own) return
      missedBeats = 0
      if (tell(...data)) post('hello')
    } else {
      newestToken = data[1] ?? newestToken
      if (own) answer(own, data)
    }
  }
  const timer = setInterval(beat, BEAT_MS)
  seek(false)
  post('hello')
  return (request, token) => {
    if (request === 'visible' || request === 'hidden') {
      isLooking = request === 'visible'
      beat()
    } else if (request === 'close') {
      clearInterval(timer)
      term?.abort()
      silence()
      own?.('close')
    } else {
      newestToken = token ?? newestToken
      own?.(request, token)
      if (!own || token !== undefined) post(request, token)
    }
  }
}

function isNews(message: News | Question): message is News {
  return typeof message[1] === 'object'
}
