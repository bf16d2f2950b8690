import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LIVE, openBoard } from '../support/board-page.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const UPDATES_MS = 20_000
/** From top to bottom, as on a phone; beside each other on a desk. */
const ORDER = ['header', '.alerts', '.filter-bar', '.row', '.system']

/** What has the focus: where it is, what it says, and whether it can be seen that it has it. */
interface Focus {
  readonly place: string
  readonly text: string
  readonly isVisible: boolean
  readonly top: number
}

const FOCUS = `(() => {
  const element = document.activeElement
  const outlined = [element, element.closest('.source-row')].filter(Boolean)
    .some((part) => getComputedStyle(part).outlineStyle !== 'none' && parseFloat(getComputedStyle(part).outlineWidth) >= 2)
  const place = ['header', '.alerts', '.filter-bar', '.row', '.system'].find((part) => element.closest(part)) ?? element.tagName
  const { top, bottom } = element.getBoundingClientRect()
  return { place, text: element.textContent || element.getAttribute('aria-label') || element.getAttribute('placeholder') || '', isVisible: outlined && bottom > 0 && top < innerHeight, top }
})()`

/** Presses Tab until the focus leaves the page, or is where it was before. */
async function tabThrough(page: Page): Promise<readonly Focus[]> {
  const passed: Focus[] = []
  for (let presses = 0; presses < 200; presses += 1) {
    await page.keyboard.press('Tab')
    const focus = await page.evaluate<Focus>(FOCUS)
    if (focus.place === 'BODY') break
    passed.push(focus)
  }
  return passed
}

describeInChromium.concurrent('the page without a mouse', { timeout: 120_000 }, () => {
  let database: TestDatabase
  let server: ServerProcess
  let browser: Browser

  beforeAll(async () => {
    database = await createTestDatabase()
    server = await startServer({
      databaseUrl: database.connectionString,
      env: { BROADCAST_INTERVAL_MS: '500' },
    })
    browser = await launchChromium()
    const jobs = Array.from({ length: 30 }, (_, index) => `job-${String(index).padStart(2, '0')}`)
    await report(
      server.url,
      jobs.map((job) => runEvent('COMPLETE', job)),
    )
    for (const type of ['FAIL', 'COMPLETE', 'FAIL'] as const) {
      await report(server.url, runEvent(type, 'broken', 'out of memory')) // each at its own instant
    }
  })

  afterAll(async () => {
    await browser.close()
    await server.kill()
    await database.drop()
  })

  it('reaches everything by Tab, from top to bottom, and shows where it is', async () => {
    const { page, ...board } = await openBoard(browser, server.url)
    await board.shows(LIVE)
    await page.locator('.source-row').first().waitFor()

    const passed = await tabThrough(page)

    const places = passed.map(({ place }) => place)
    expect([...new Set(places)]).toEqual(ORDER)
    expect(places).toEqual(places.toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)))
    expect(passed.filter(({ isVisible }) => !isVisible)).toEqual([])
    // Each of the 31 rows has a link and a history, though most are not drawn at first.
    expect(places.filter((place) => place === '.row')).toHaveLength(62)
    expect(passed.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['Refresh', 'Kiosk', 'broken', 'job-00', 'job-29', 'System']),
    )
    expect(board.complaints).toEqual([])
  })

  it('reads a history run by run with the arrow keys, and Escape ends it', async () => {
    const { page } = await openBoard(browser, server.url)
    const history = page.locator('.row-place', { hasText: 'broken' }).getByRole('slider')
    const spoken = () => history.getAttribute('aria-valuetext')
    await history.focus()

    const summary = await history.getAttribute('data-tip')
    await page.keyboard.press('ArrowLeft')
    const newest = await spoken()
    await page.keyboard.press('ArrowLeft')
    const before = await spoken()
    const shown = await history.getAttribute('data-tip')
    await page.keyboard.press('Escape')

    expect(summary).toBe('Last 3 runs: 2 failed, 1 completed. 33 % succeeded.')
    expect(newest).toBe('Run 3 of 3: failed')
    expect(before).toBe('Run 2 of 3: completed')
    expect(shown).toBe(before)
    expect(await history.getAttribute('data-tip')).toBe(summary)
  })

  it('Escape leaves the kiosk mode, and the search keeps its words', async () => {
    const { page } = await openBoard(browser, server.url)
    await page.locator('.source-row').first().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('job-07')
    await page.getByRole('button', { name: 'Kiosk' }).press('Enter')
    await page.getByRole('button', { name: 'Refresh' }).waitFor({ state: 'detached' })

    await page.keyboard.press('Escape')

    await page.getByRole('button', { name: 'Refresh' }).waitFor()
    await page.getByRole('link', { name: 'job-07' }).waitFor()
  })

  it('says nothing during 20 s of updates that change no status, and then each change', async () => {
    const { page, ...board } = await openBoard(browser, server.url)
    await board.shows(LIVE)
    await page.locator('.source-row').first().waitFor()
    const frames = await page.locator('.updated').textContent()

    const until = performance.now() + UPDATES_MS
    for (let count = 0; performance.now() < until; count += 1) {
      await report(server.url, runEvent('COMPLETE', `job-0${count % 10}`))
      await page.waitForTimeout(200)
    }
    const { said: duringUpdates } = await board.seen()
    await report(server.url, runEvent('FAIL', 'job-12', 'disk full'))
    await page.getByRole('status').getByText('job-12: Failing.').waitFor()
    const { said } = await board.seen()

    expect(frames).toContain('Updated')
    expect(duringUpdates.length).toBeLessThanOrEqual(1) // that it has connected, and how it is
    expect(said).toHaveLength(duringUpdates.length + 1)
    expect(board.complaints).toEqual([])
  })
})
