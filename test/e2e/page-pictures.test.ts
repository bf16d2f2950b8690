import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { faultsInBothThemes } from '../support/accessibility.js'
import { openBoard } from '../support/board-page.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { startPageHost } from '../support/page-host.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const WIDTHS = [
  [360, 740],
  [1440, 900],
  [3840, 2160],
] as const

/** Parts of the board that lie over each other or beyond the edge of the window. */
const MISPLACED = `(() => {
  const parts = [...document.querySelectorAll('.header, main > *, .source-row, .panel, .card')]
    .map((part) => ({ part, name: part.className, ...part.getBoundingClientRect().toJSON() }))
    .filter(({ width, height }) => width > 0 && height > 0)
  const lies = (one, other) =>
    one.left + 1 < other.right && other.left + 1 < one.right && one.top + 1 < other.bottom && other.top + 1 < one.bottom
  const apart = (one, other) => one.part.contains(other.part) || other.part.contains(one.part)
  return parts.flatMap((one, index) => [
    ...(one.right > innerWidth + 1 || one.left < 0 ? [one.name + ' is beyond the edge'] : []),
    ...parts.slice(index + 1).filter((other) => !apart(one, other) && lies(one, other))
      .map((other) => one.name + ' lies over ' + other.name),
  ])
})()`

describeInChromium.concurrent('every view of a full board', { timeout: 120_000 }, () => {
  let database: TestDatabase
  let server: ServerProcess
  let browser: Browser
  let worst: string

  beforeAll(async () => {
    database = await createTestDatabase()
    server = await startServer({ databaseUrl: database.connectionString, args: ['--demo'] })
    browser = await launchChromium()
    const { page, context } = await openBoard(browser, server.url)
    await page.locator('.source-row').nth(14).waitFor()
    worst = (await page.locator('.source-row [data-row-link]').first().getAttribute('href')) ?? ''
    await context.close()
  }, 120_000)

  afterAll(async () => {
    await browser.close()
    await server.kill()
    await database.drop()
  })

  it.for(WIDTHS)(
    'has everything in its place at %i px, and nothing that axe finds wrong',
    async ([width, height]) => {
      const views: readonly (readonly [name: string, path: string, ready: string])[] = [
        ['board', '/', '.source-row'],
        ['kiosk', '/?kiosk=1', '.source-row'],
        ['source', `/${worst}`, '.runs li'],
      ]
      const viewport = { width, height }
      const faults: string[] = []
      for (const [name, path, ready] of views) {
        const { page, context, complaints } = await openBoard(browser, server.url + path, {
          viewport,
        })
        await page.locator(ready).first().waitFor()
        faults.push(...(await faultsInBothThemes(page, `${name}-${width}`)), ...complaints)
        faults.push(
          ...(await page.evaluate<string[]>(MISPLACED)).map((fault) => `${name}: ${fault}`),
        )
        await context.close()
      }

      expect(faults).toEqual([])
    },
  )

  it('has nothing that axe finds wrong with everything unfolded', async () => {
    const { page } = await openBoard(browser, `${server.url}/${worst}`)
    await page.locator('.runs li').first().waitFor()
    for (const title of ['Report a run', 'Show it elsewhere']) await page.getByText(title).click()
    await page.locator('.runs summary').nth(1).click()
    await page.locator('.run-details').first().waitFor()

    const source = await faultsInBothThemes(page, 'source-unfolded')
    await page.goto(`${server.url}/#/`)
    await page.getByText('System').click()
    await page.getByText(/^\d+ of 50$/).waitFor()

    expect([...source, ...(await faultsInBothThemes(page, 'system'))]).toEqual([])
  }, 90_000)

  it('shows all that is well alike, and all that is not by its own look', async () => {
    const { page } = await openBoard(browser, server.url)
    await page.locator('.source-row').nth(14).waitFor()

    const looks = await page.evaluate<string[]>(`
      [...document.querySelectorAll('.source-row .status-word > span')]
        .map((word) => [word.textContent, getComputedStyle(word).color, getComputedStyle(word).fontWeight].join(' '))`)
    const healthy = new Set(looks.filter((look) => look.startsWith('Healthy')))

    expect(healthy.size).toBe(1)
    expect(looks.length).toBeGreaterThan(10)
  })

  it('has nothing that axe finds wrong as a table without JavaScript', async () => {
    const page = await (await browser.newContext()).newPage()
    // What a browser without scripts reads; axe itself is one, so the browser has to have them.
    await page.route(`${server.url}/`, async (route) => {
      const response = await route.fetch()
      const html = await response.text()
      const body = html.replaceAll(/<\/?noscript>|<script.*<\/script>/g, '')
      await route.fulfill({ response, body })
    })
    await page.goto(server.url)
    await page.getByRole('table', { name: 'Sources' }).waitFor()

    expect(await faultsInBothThemes(page, 'without-javascript')).toEqual([])
  })

  it('has nothing that axe finds wrong in frames and in the pages of others', async ({
    onTestFinished,
  }) => {
    const host = await startPageHost()
    onTestFinished(() => host.close())
    host.serve(
      `<script src="${server.url}/embed.js" async></script><pipeline-status></pipeline-status>`,
    )
    const faults: string[] = []
    for (const [name, url] of [
      ['embed', `${server.url}/embed`],
      ['element', host.origin],
    ] as const) {
      const { page } = await openBoard(browser, url, { viewport: { width: 480, height: 800 } })
      await page.locator('pipeline-status li').first().waitFor()
      faults.push(...(await faultsInBothThemes(page, name)))
    }

    expect(faults).toEqual([])
  })
})
