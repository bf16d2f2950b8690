import { render } from 'preact'
import { connect } from '../client/index.js'
import { App } from './app.js'
import { createBoardStore } from './board/board-store.js'
import { startClock } from './page/clock.js'
import { embeddedUpdate } from './page/embedded-update.js'
import { type Page, PageProvider } from './page/page-context.js'
import { showInTab } from './page/tab-signs.js'
import { applyRememberedTheme } from './page/use-theme.js'
import { rememberedToken, takeTokenFromAddress } from './page/view-token.js'

/** A hidden page draws no frames; its title and its icon follow all the same. */
const HIDDEN_FRAME_MS = 500
/** How often a hidden page asks how it is. Browsers let its timers run once a minute at least. */
const ASK_BEHIND_MS = 30_000

function openPage(): Page {
  // Where the page lies, so that it works below a subpath.
  const baseUrl = new URL('.', document.baseURI).href
  const clock = startClock({ now: Date.now, repeat: setInterval })
  const store = createBoardStore({
    connect,
    url: baseUrl,
    first: embeddedUpdate(document.getElementById('newest')?.textContent ?? null, Date.now()),
    token: rememberedToken,
    clock,
    nextFrame,
  })
  const fetchApi = (path: string, signal: AbortSignal) => {
    const token = rememberedToken()
    const headers = token === '' ? {} : { Authorization: `Bearer ${token}` }
    return fetch(`${baseUrl}${path}`, { headers, signal })
  }
  return { store, clock, baseUrl, fetchApi }
}

/**
 * The client lets a hidden page rest. Its title and its icon are seen all the same, so it asks now
 * and then.
 */
function watchFromBehind({ clock, store }: Page): void {
  let askedAt = clock.now()
  clock.onTick(() => {
    if (!document.hidden || clock.now() - askedAt < ASK_BEHIND_MS) return
    askedAt = clock.now()
    store.refresh()
  })
}

/** Whichever comes first: a page may be hidden while it waits for its frame. */
function nextFrame(action: () => void): void {
  let isDone = false
  const act = () => {
    if (isDone) return
    isDone = true
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    action()
  }
  const frame = requestAnimationFrame(act)
  const timer = setTimeout(act, HIDDEN_FRAME_MS)
}

const root = document.getElementById('board')
if (root === null) throw new Error('index.html has no element with the id board')
applyRememberedTheme()
takeTokenFromAddress()
const page = openPage()
watchFromBehind(page)
let shown: Parameters<typeof showInTab> | undefined
const showInThisTab = () => {
  const data = page.store.state().update?.data
  const isOutOfDate = page.store.dataAge()?.isOutOfDate === true
  if (shown?.[0] === data && shown?.[1] === isOutOfDate) return
  shown = [data, isOutOfDate]
  showInTab(...shown)
}
showInThisTab()
page.store.onChange(showInThisTab)
page.clock.onTick(showInThisTab) // data gets old by itself
root.replaceChildren() // what the document came with has been read
render(
  <PageProvider page={page}>
    <App />
  </PageProvider>,
  root,
)
