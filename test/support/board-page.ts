import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

/**
 * What Chromium itself writes about requests that fail. No page can keep it from that; everything
 * else on the console is a fault of the page.
 */
export const BROWSER_LINE = {
  noSocket:
    /^WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/ws\/monitoring\/pipeline-status(\?auth=message)?' failed: /,
  noAnswer: /^Failed to load resource: net::ERR_[A-Z_]+$/,
  badGateway: /^Failed to load resource: the server responded with a status of 502 \(/,
  refusal: /^Failed to load resource: the server responded with a status of (401|403|429|503) \(/,
} as const

/** What the pill shows while all is well. */
export const LIVE = /^WebSocket Connected \| Receiving live updates via WebSocket$/

const LOOK_EVERY_MS = 100

/** What was shown and said since the page was opened, each text once for each time that it came. */
interface Seen {
  /** Label and detail of the pill: `Connecting…`, `WebSocket Connected | Receiving …`. */
  readonly pills: readonly string[]
  /** The texts of the live region. */
  readonly said: readonly string[]
}

/** Runs in the page, before its own scripts: texts may stand for too short a time to be polled. */
const RECORDER = `(() => {
  window.seen = { pills: [], said: [] }
  const keep = (texts, text) => { if (text !== '' && texts.at(-1) !== text) texts.push(text) }
  const look = () => {
    const pill = [...document.querySelectorAll('.pill-label, .pill-detail')]
    keep(seen.pills, pill.map((part) => part.textContent).join(' | '))
    keep(seen.said, document.querySelector('[role=status]')?.textContent ?? '')
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true })
})()`

/** The page with the board, as somebody sees it who never reloads it. */
export interface BoardPage {
  readonly page: Page
  readonly context: BrowserContext
  /** What the console said, but for the lines that were expected, and errors that nobody caught. */
  readonly complaints: readonly string[]
  /** How often the document was loaded. */
  readonly loads: () => number
  readonly seen: () => Promise<Seen>
  /** Waits until the pill shows this now. @returns its label and its detail. */
  readonly shows: (words: RegExp, timeoutMs?: number) => Promise<string>
  /** Waits until the pill has shown this at any time. */
  readonly hasShown: (words: RegExp, timeoutMs?: number) => Promise<void>
}

/** How to open the board. */
export interface BoardPageOptions extends BrowserContextOptions {
  /** Lines of the console that have to be: see {@link BROWSER_LINE}. */
  readonly expected?: readonly RegExp[]
  /** Prepares the profile before the page is opened in it. */
  readonly prepare?: (context: BrowserContext) => Promise<void>
}

/** Opens the board in a fresh profile, which is closed with the browser at the latest. */
export async function openBoard(
  browser: Browser,
  url: string,
  { expected = [], prepare, ...profile }: BoardPageOptions = {},
): Promise<BoardPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...profile })
  const complaints: string[] = []
  context.on('console', (message) => {
    const text = message.text()
    const isComplaint = message.type() === 'error' || message.type() === 'warning'
    if (isComplaint && !expected.some((line) => line.test(text))) complaints.push(text)
  })
  context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`))
  await context.addInitScript(RECORDER)
  await prepare?.(context)
  const page = await context.newPage()
  let loads = 0
  page.on('load', () => (loads += 1))
  await page.goto(url)
  const seen = () => page.evaluate<Seen>('seen')
  const untilSeen = async (
    isSeen: (pills: readonly string[]) => boolean,
    words: RegExp,
    timeoutMs = 20_000,
  ): Promise<Seen> => {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const now = await seen()
      if (isSeen(now.pills)) return now
      if (performance.now() > deadline) {
        throw new Error(`${String(words)} was not shown, but:\n${now.pills.join('\n')}`)
      }
      await delay(LOOK_EVERY_MS)
    }
  }
  return {
    page,
    context,
    complaints,
    loads: () => loads,
    seen,
    shows: async (words, timeoutMs) => {
      const isShown = (pills: readonly string[]) => words.test(pills.at(-1) ?? '')
      return (await untilSeen(isShown, words, timeoutMs)).pills.at(-1) ?? ''
    },
    hasShown: async (words, timeoutMs) => {
      await untilSeen((pills) => pills.some((pill) => words.test(pill)), words, timeoutMs)
    },
  }
}
