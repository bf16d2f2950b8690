import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { faultsInBothThemes } from '../support/accessibility.js'
import { BROWSER_LINE, LIVE, openBoard } from '../support/board-page.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { type ControlledPostgres, startControlledPostgres } from '../support/postgres-control.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase } from '../support/test-database.js'

const PAUSE = '{"type":"pause"}'
const run = promisify(execFile)

/** Hides the page as a tab behind another is: the browser of the tests has no tabs in front. */
const turnAway = (state: 'hidden' | 'visible') => `
  Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true })
  Object.defineProperty(document, 'hidden', { value: ${state === 'hidden'}, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))`

describeInChromium.concurrent('the page and its data', { timeout: 120_000 }, () => {
  let browser: Browser
  let postgres: ControlledPostgres

  beforeAll(async () => {
    browser = await launchChromium()
    postgres = await startControlledPostgres()
  })

  afterAll(async () => {
    await browser.close()
    await postgres.remove()
  })

  const start = (databaseUrl: string, untilReady = true): Promise<ServerProcess> =>
    startServer({ databaseUrl, untilReady, env: { BROADCAST_INTERVAL_MS: '500' } })

  it('says so while there is no data, dims what is old, stops its clocks, and goes on', async ({
    onTestFinished,
  }) => {
    await postgres.stop()
    const server = await start(postgres.connectionString, false)
    onTestFinished(() => server.kill())
    const openedAt = performance.now()
    const { page, ...board } = await openBoard(browser, server.url, {
      expected: [BROWSER_LINE.refusal],
    })

    await board.shows(/^WebSocket Connected \| The server has no data yet$/)
    await page.getByText('could not read its database yet').waitFor()
    const explainedMs = performance.now() - openedAt
    const faults = await faultsInBothThemes(page, 'no-data-yet')
    await postgres.start()
    await page.getByRole('heading', { name: 'Report your first run' }).waitFor()
    await report(server.url, runEvent('START', 'nightly'))
    const clock = page.locator('.row-when')
    await clock.getByText(/^running \d+ s$/).waitFor()

    await postgres.stop()
    await board.shows(
      /^Data may be out of date: last update \d+ s ago \| The server cannot read its database$/,
    )
    const stoppedAt = await clock.textContent()
    const colour = () =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('.card-value')).color`)
    const dimmed = await colour()
    const titles = [await page.title()]
    faults.push(...(await faultsInBothThemes(page, 'stale')))
    await board.hasShown(/last update (\d\d|[5-9]) s ago/)
    const stillAt = await clock.textContent()
    await postgres.start()
    await board.shows(LIVE)
    titles.push(await page.title())

    expect(titles).toEqual([
      'Pipecast: may be out of date',
      'Pipecast: 1 source, no run has ended yet',
    ])
    expect(explainedMs).toBeLessThan(8_000)
    expect(stillAt).toBe(stoppedAt)
    expect(await colour()).not.toBe(dimmed)
    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })

  it('of an empty board names a command that reports the first run, and shows it', async ({
    onTestFinished,
  }) => {
    const database = await createTestDatabase()
    const server = await start(database.connectionString)
    onTestFinished(async () => {
      await server.kill()
      await database.drop()
    })
    const { page, ...board } = await openBoard(browser, server.url)

    await page.getByRole('heading', { name: 'Report your first run' }).waitFor()
    const faults = await faultsInBothThemes(page, 'empty')
    await run('sh', ['-c', await page.locator('main pre').first().innerText()])
    await page.locator('.source-row').getByText('Healthy').waitFor()

    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })

  it('asks for silence when nobody looks, follows in its tab alone, and shows what is true as soon as somebody does', async ({
    onTestFinished,
  }) => {
    const database = await createTestDatabase()
    const server = await start(database.connectionString)
    onTestFinished(async () => {
      await server.kill()
      await database.drop()
    })
    const sent: string[] = []
    let paused = () => {}
    const untilPaused = new Promise<void>((resolve) => (paused = resolve))
    const { page, ...board } = await openBoard(browser, server.url, {
      prepare: (context) =>
        Promise.resolve(
          void context.on('page', (opened) =>
            opened.on('websocket', (socket) =>
              socket.on('framesent', ({ payload }) => {
                sent.push(String(payload))
                if (sent.at(-1) === PAUSE) paused()
              }),
            ),
          ),
        ),
    })
    await board.shows(LIVE)

    await page.evaluate(turnAway('hidden'))
    await untilPaused
    await report(server.url, runEvent('FAIL', 'behind', 'nobody looked'))
    // What is in its tab is seen all the same.
    await vi.waitFor(async () => expect(await page.title()).toMatch(/^\(1\) /), 60_000)
    await report(server.url, runEvent('COMPLETE', 'while-hidden'))
    await page.evaluate(turnAway('visible'))
    await page.getByRole('link', { name: 'while-hidden' }).waitFor()
    await board.shows(LIVE)

    expect(sent).toContain('{"type":"resume"}')
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })

  it('asks how the server is only while somebody looks, and as soon as somebody does', async ({
    onTestFinished,
  }) => {
    const database = await createTestDatabase()
    const server = await start(database.connectionString)
    onTestFinished(async () => {
      await server.kill()
      await database.drop()
    })
    await report(server.url, runEvent('COMPLETE', 'acled'))
    const { page, ...board } = await openBoard(browser, server.url)
    await board.shows(LIVE)
    await page.getByText('System').click()
    await page.getByText(/^\d+ of 50$/).waitFor()
    let questions = 0
    page.on('request', (request) => {
      if (request.url().endsWith('/api/v1/public/health')) questions += 1
    })

    await page.evaluate(turnAway('hidden'))
    await page.waitForTimeout(7_000) // it is due every 5 s
    const whileHidden = questions
    await page.evaluate(turnAway('visible'))
    await vi.waitFor(() => expect(questions).toBe(1), 3_000)

    expect(whileHidden).toBe(0)
    expect(board.complaints).toEqual([])
  })
})
