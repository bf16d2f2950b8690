import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { faultsInBothThemes } from '../support/accessibility.js'
import { describeInChromium, launchChromium, launchWithoutStorage } from '../support/chromium.js'
import { openDashboard } from '../support/dashboard-page.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const TOKEN = 'a-view-token-of-the-tests'

let database: TestDatabase
let browser: Browser
const servers: ServerProcess[] = []

async function start(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const server = await startServer({ databaseUrl: database.connectionString, env })
  servers.push(server)
  return server
}

/** What of the document is data. */
const DATA = /<script type="application\/json".*<\/script>/

/** Nothing answers any more but the document and its files. */
async function cutOff(page: Page): Promise<void> {
  await page.route(/\/api\//, () => undefined) // requests that nobody ever answers
  await page.routeWebSocket(/\/ws\//, () => undefined)
}

describeInChromium('the page and its connection', () => {
  beforeAll(async () => {
    database = await createTestDatabase()
    browser = await launchChromium()
  }, 120_000)

  afterAll(async () => {
    await browser.close()
    await Promise.all(servers.map((server) => server.kill()))
    await database.drop()
  })

  it('says that the connection was lost, dims what it knows, and comes back by itself', async () => {
    const first = await start()
    await report(first.url, runEvent('START', 'nightly'))
    const { page, pill, row, close } = await openDashboard(browser, first.url)
    await pill.getByText('WebSocket Connected').waitFor()
    await row('nightly').waitFor()

    await first.kill()
    await pill.getByText(/^Reconnecting… attempt \d+/).waitFor()
    await pill.getByText(/^Data may be out of date: last update \d+ s ago$/).waitFor()
    const clock = row('nightly').locator('.row-when')
    const stoppedAt = await clock.textContent()
    await page.waitForTimeout(2_500)
    const later = await clock.textContent()

    expect(later).toBe(stoppedAt)
    expect(await page.locator('html').getAttribute('data-out-of-date')).toBe('true')
    await start({ PORT: new URL(first.url).port })
    await pill.getByText('WebSocket Connected').waitFor({ timeout: 45_000 })
    expect(await page.locator('html').getAttribute('data-out-of-date')).toBe('false')
    expect(await clock.textContent()).not.toBe(stoppedAt)
    await close()
  }, 120_000)

  it.each([
    ['the server cannot be reached', null],
    ['the server answers 404', 404], // as a proxy says of a server that is away
  ])(
    'asks again for what is behind a source when the server is back (%s)',
    async (words, status) => {
      const first = await start()
      await report(first.url, runEvent('FAIL', 'asked-in-vain', 'disk full'))
      const { page, pill, row, close } = await openDashboard(browser, first.url)
      await pill.getByText('WebSocket Connected').waitFor()
      await first.kill()
      if (status !== null) await page.route(/\/namespaces\//, (route) => route.fulfill({ status }))

      await row('asked-in-vain').getByRole('link').click()
      const panels = page.locator('.source-columns')
      await panels.getByText(words).nth(1).waitFor()
      await page.unroute(/\/namespaces\//)
      await start({ PORT: new URL(first.url).port })

      await page.locator('.runs li').first().waitFor({ timeout: 45_000 })
      await page.getByText('Schedule', { exact: true }).waitFor({ timeout: 45_000 })
      expect(await panels.getByText(words).count()).toBe(0)
      await close()
    },
    120_000,
  )

  it('says that what is behind a source is not up to date for as long as it cannot ask', async () => {
    const server = await start()
    await report(server.url, runEvent('FAIL', 'kept', 'disk full'))
    const { page, close } = await openDashboard(browser, `${server.url}/#/sources/kept`)
    await page.getByText('Schedule', { exact: true }).waitFor()
    await page.locator('.runs li').waitFor()
    const words = page.getByText('Not up to date: the server answers 503')

    await page.route(/\/namespaces\//, (route) => route.fulfill({ status: 503 }))
    await report(server.url, runEvent('COMPLETE', 'kept'))
    await words.nth(1).waitFor() // of the runs, and of what is expected
    const kept = await page.locator('.runs li').count()
    const faults = await faultsInBothThemes(page, 'source-not-up-to-date')
    await page.unroute(/\/namespaces\//)
    await words.first().waitFor({ state: 'detached' })
    await page.locator('.runs li').nth(1).waitFor()

    expect(kept).toBe(1)
    expect(await words.count()).toBe(0)
    expect(faults).toEqual([])
    await close()
  }, 60_000)

  it('explains itself within 8 s when nothing answers behind the page', async () => {
    const server = await start()
    const { page, pill, close } = await openDashboard(browser, server.url)
    await pill.getByText('WebSocket Connected').waitFor()
    await cutOff(page)
    await page.route(`${server.url}/`, async (route) => {
      const response = await route.fetch()
      const body = (await response.text()).replace(DATA, '') // as of a board that is too large for it
      await route.fulfill({ response, body })
    })

    await page.reload()

    await page.getByText('Waiting for the first data…').waitFor()
    await page.getByText('No data yet').first().waitFor()
    expect(await faultsInBothThemes(page, 'waiting')).toEqual([])
    await page.getByRole('button', { name: 'Try again' }).waitFor({ timeout: 10_000 })
    const faults = await faultsInBothThemes(page, 'explained')

    expect(faults).toEqual([])
    await close()
  }, 60_000)

  it('[P1.11] shows what came with it when nothing answers behind it, and how old that gets', async () => {
    const server = await start()
    await report(server.url, runEvent('COMPLETE', 'came-along'))
    const { page, pill, row, close } = await openDashboard(browser, server.url)
    await pill.getByText('WebSocket Connected').waitFor()
    await cutOff(page)

    await page.reload()

    await row('came-along').waitFor()
    expect(await pill.textContent()).toBe('Connecting…')
    await pill.getByText(/^Data may be out of date: last update 2\d s ago$/).waitFor()
    await close()
  }, 60_000)

  it('[P1.11] shows no data that came with it long ago', async () => {
    const server = await start()
    await report(server.url, runEvent('COMPLETE', 'of-old'))
    const { page, row, close } = await openDashboard(browser, server.url)
    await row('of-old').waitFor()
    await cutOff(page)
    await page.clock.setFixedTime(Date.now() + 11_000)

    await page.reload()

    await page.getByText('Waiting for the first data…').waitFor()
    expect(await row('of-old').count()).toBe(0)
    await close()
  }, 60_000)

  it('asks for a token, says when it is wrong, and remembers the right one', async () => {
    const server = await start({ VIEW_TOKENS: TOKEN })
    const { page, pill, row, close } = await openDashboard(browser, server.url)
    await pill.getByText('Sign-in required').waitFor()

    await page.getByLabel('Token').fill('not-one-of-the-tokens')
    await page.getByRole('button', { name: 'Show the board' }).click()
    await page.getByText('The server does not accept this token.').waitFor()
    await page.getByLabel('Token').fill(TOKEN)
    await page.getByRole('button', { name: 'Show the board' }).click()
    await row('nightly').waitFor()
    await page.reload()
    await row('nightly').waitFor()

    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([])
    await page.goto(`${server.url}/#/sources/nightly`)
    await page.locator('.runs li').first().waitFor() // asked with the token
    await close()
  }, 60_000)

  it('keeps a token to the tab in which it was typed: another asks for its own', async () => {
    const server = await start({ VIEW_TOKENS: TOKEN })
    const { page, row, close } = await openDashboard(browser, server.url)
    await page.getByLabel('Token').fill(TOKEN)
    await page.getByRole('button', { name: 'Show the board' }).click()
    await row('nightly').waitFor()

    const another = await page.context().newPage()
    await another.goto(server.url)

    await another.getByText('Sign-in required').first().waitFor()
    await another.getByLabel('Token').fill(TOKEN)
    await another.getByRole('button', { name: 'Show the board' }).click()
    await another.locator('.source-row').first().waitFor()
    await another.goto(`${server.url}/#/sources/nightly`)
    await another.locator('.runs li').first().waitFor()
    await close()
  }, 60_000)

  it('comes up where the browser lets no page keep anything, and knows what was typed', async ({
    onTestFinished,
  }) => {
    const profile = await mkdtemp(join(tmpdir(), 'pipecast-profile-'))
    onTestFinished(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }))
    const server = await start({ VIEW_TOKENS: TOKEN })
    const context = await launchWithoutStorage(profile)
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await page.goto(server.url)

    await page.getByLabel('Token').fill(TOKEN)
    await page.getByRole('button', { name: 'Show the board' }).click()
    await page.getByRole('link', { name: 'nightly' }).click()

    await page.locator('.runs li').first().waitFor()
    await page.getByRole('button', { name: 'Theme: auto' }).click()
    await page.getByRole('button', { name: 'Theme: light' }).waitFor()
    expect(
      await page.evaluate('(() => { try { localStorage } catch (e) { return e.name } })()'),
    ).toBe('SecurityError')
  }, 60_000)

  it('takes a token from the address, and out of it', async () => {
    const server = await start({ VIEW_TOKENS: TOKEN })

    const { page, row, close } = await openDashboard(browser, `${server.url}/?token=${TOKEN}`)

    await row('nightly').waitFor()
    expect(page.url()).toBe(`${server.url}/`)
    await close()
  })

  it('says how full the server is, and polls meanwhile', async () => {
    const server = await start({ MAX_CONNECTIONS: '1' })
    const first = await openDashboard(browser, server.url)
    await first.pill.getByText('WebSocket Connected').waitFor()

    const second = await openDashboard(browser, server.url)

    await second.pill.getByText('Server is at capacity (1 of 1)').waitFor({ timeout: 20_000 })
    await second.row('nightly').waitFor()
    await first.close()
    await second.close()
  }, 60_000)

  it('speaks of transitions in one place that stays', async () => {
    const server = await start()
    await report(server.url, runEvent('COMPLETE', 'spoken'))
    const { page, row, close } = await openDashboard(browser, server.url)
    await row('spoken').waitFor()
    const region = page.getByRole('status')
    await page.evaluate(`document.querySelector('[role="status"]').dataset.mark = 'same'`)
    await page.waitForTimeout(5_000) // by then it has noted what is true at first

    await report(server.url, runEvent('FAIL', 'spoken', 'out of memory'))

    await region.getByText('spoken: Failing.').waitFor()
    expect(await region.getAttribute('data-mark')).toBe('same')
    expect(await region.getAttribute('aria-live')).toBe('polite')
    await close()
  }, 60_000)
})
