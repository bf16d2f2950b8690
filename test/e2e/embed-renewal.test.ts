import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { describeInChromium, launchChromium, openContext } from '../support/chromium.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const TOKEN = 'a-long-view-token-0123456789'
const NEXT_TOKEN = 'the-view-token-that-comes-after-it'

let database: TestDatabase
let browser: Browser
let server: ServerProcess

beforeAll(async () => {
  ;[database, browser] = await Promise.all([createTestDatabase(), launchChromium()])
  server = await start()
  await report(server.url, [runEvent('COMPLETE', 'one'), runEvent('COMPLETE', 'two')])
})

afterAll(async () => {
  await browser.close()
  await server.kill()
  await database.drop()
})

const start = (port = '0') =>
  startServer({
    databaseUrl: database.connectionString,
    env: { PORT: port, VIEW_TOKENS: `${TOKEN},${NEXT_TOKEN}` },
  })

/** An element that has data, and from now on counts its rows whenever they change. */
async function openElement(): Promise<Page> {
  const { context } = await openContext(browser)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await page.goto(`${server.url}/embed?token=${TOKEN}`)
  await page.locator('pipeline-status li').nth(1).waitFor()
  await page.evaluate(`{
    const root = document.querySelector('pipeline-status').shadowRoot
    const count = () => root.querySelectorAll('li').length
    globalThis.fewestRows = count()
    const watch = () => (fewestRows = Math.min(fewestRows, count()))
    new MutationObserver(watch).observe(root, { childList: true, subtree: true })
  }`)
  return page
}

const fewestRows = (page: Page) => page.evaluate<number>('fewestRows')
const says = (page: Page, words: RegExp) =>
  page.locator('pipeline-status small', { hasText: words }).waitFor()
const connects = () => server.log.filter(({ msg }) => msg === 'WebSocket connected').length

function renew(page: Page, token: string): Promise<void> {
  const value = JSON.stringify(token)
  return page.evaluate(`document.querySelector('pipeline-status').setAttribute('token', ${value})`)
}

describeInChromium('<pipeline-status> whose token is renewed', () => {
  it('goes on showing its data until the new connection has brought some', async () => {
    const page = await openElement()
    const before = connects()

    await renew(page, NEXT_TOKEN)
    await expect.poll(connects).toBe(before + 1)
    await says(page, /^Live/)
    await report(server.url, runEvent('FAIL', 'two', 'why'))
    await page.locator('pipeline-status strong', { hasText: 'Failing' }).waitFor()

    expect(await fewestRows(page)).toBe(2)
  })

  it('keeps its data where the server is away just then', { timeout: 60_000 }, async () => {
    const page = await openElement()

    await server.kill()
    await renew(page, NEXT_TOKEN)
    await says(page, /^Reconnecting… · Updated/)
    server = await start(new URL(server.url).port)
    await says(page, /^(Live|Polling)/)

    expect(await fewestRows(page)).toBe(2)
  })

  it('says so when the new one is refused', async () => {
    const page = await openElement()

    await renew(page, 'a-token-that-nobody-knows')
    await says(page, /^Sign-in required · Updated/)

    expect(await fewestRows(page)).toBe(2)
  })

  it('shows no more of what it gave to see when it is taken away', async () => {
    const page = await openElement()

    await page.evaluate(`document.querySelector('pipeline-status').removeAttribute('token')`)
    await says(page, /^Sign-in required$/)

    expect(await fewestRows(page)).toBe(0)
  })
})
