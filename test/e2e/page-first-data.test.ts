import { availableParallelism, loadavg } from 'node:os'
import type { Browser } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeInChromium, launchChromium, openContext } from '../support/chromium.js'
import { percentile } from '../support/percentile.js'
import { startServer } from '../support/server-process.js'
import { createTestDatabase } from '../support/test-database.js'

const MEDIAN_OF = 5
const AT_MOST_MS = 300
const LIVE_WITHIN_MS = 1_000
const ROUNDS = 3

/** So many want a core at a time that each waits that many times as long for it; 1 when idle. */
const queueForCore = () => Math.max(1, loadavg()[0]! / availableParallelism())

/** When the first row was there, and when the page was live, in ms since the navigation began. */
interface Opening {
  readonly rowMs: number
  readonly liveMs: number
}

/** Notes in the page when the first row is there, and when it is live. */
const STOPWATCH = `{
  window.opening = {}
  new MutationObserver((_changes, observer) => {
    if (document.querySelector('.source-row')) opening.rowMs ??= performance.now()
    if (document.querySelector('.pill[data-kind="websocket"]')) opening.liveMs ??= performance.now()
    if (opening.rowMs && opening.liveMs) observer.disconnect()
  }).observe(document, { subtree: true, childList: true, attributeFilter: ['data-kind'] })
}`

/** Opens the page in a profile that has never seen it. */
async function open(browser: Browser, url: string): Promise<Opening> {
  const { context } = await openContext(browser)
  await context.addInitScript(STOPWATCH)
  const page = await context.newPage()
  await page.goto(url)
  await page.locator('.source-row').first().waitFor()
  await page.locator('.pill[data-kind="websocket"]').waitFor()
  const opening = await page.evaluate<Opening>('opening')
  await context.close()
  return opening
}

describeInChromium('the page, opened for the first time', () => {
  it('shows data within 300 ms, and is live within a second, times those who want each core', {
    timeout: 120_000,
  }, async ({ onTestFinished }) => {
    const database = await createTestDatabase()
    onTestFinished(() => database.drop())
    const server = await startServer({
      databaseUrl: database.connectionString,
      args: ['--demo'],
    })
    onTestFinished(() => server.kill())
    const browser = await launchChromium()
    onTestFinished(() => browser.close())
    await open(browser, server.url) // the first page of a browser starts its processes

    const shares: number[] = []
    while (shares.length < ROUNDS && !shares.some((share) => share < 1)) {
      const openings: Opening[] = []
      while (openings.length < MEDIAN_OF) openings.push(await open(browser, server.url))
      const rowsMs = openings.map(({ rowMs }) => rowMs)
      const rowMs = percentile(rowsMs, 0.5)
      const liveMs = percentile(
        openings.map((opening) => opening.liveMs),
        0.5,
      )
      const queue = queueForCore()
      shares.push(Math.max(rowMs / AT_MOST_MS, liveMs / LIVE_WITHIN_MS) / queue)
      const each = rowsMs.map((ms) => ms.toFixed(0)).join(', ')
      console.log(
        `first data after ${rowMs.toFixed(0)} ms (median of ${each}), live after ${liveMs.toFixed(0)} ms, where ${queue.toFixed(1)} want each core`,
      )
    }

    expect(Math.min(...shares)).toBeLessThan(1)
  })
})
