import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessibilityFaults } from '../support/accessibility.js'
import { describeInChromium, launchChromium, openContext } from '../support/chromium.js'
import { openDashboard } from '../support/dashboard-page.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let database: TestDatabase
let server: ServerProcess
let browser: Browser

describeInChromium('the page for everybody', () => {
  beforeAll(async () => {
    database = await createTestDatabase()
    server = await startServer({ databaseUrl: database.connectionString })
    browser = await launchChromium()
    await report(server.url, [
      runEvent(
        'FAIL',
        'a-source-whose-name-is-long-enough-to-need-more-room-than-a-phone-has',
        'x',
      ),
      runEvent('COMPLETE', 'orders'),
      runEvent('START', 'stock'),
      runEvent('FAIL', 'posts', 'HTTP 429 Too Many Requests: the quota of 450 calls is used up'),
    ])
    await fetch(`${server.url}/api/v1/queues/scraping`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ depth: 3, running: 1 }),
    })
  }, 120_000)

  afterAll(async () => {
    await browser.close()
    await server.kill()
    await database.drop()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const path of ['/', '/?kiosk=1', '/#/sources/posts']) {
      it(`keeps WCAG 2.2 AA, ${colorScheme}, at ${path}`, async () => {
        const options = { colorScheme, viewport: { width: 1440, height: 900 } }
        const { page, close } = await openDashboard(browser, server.url + path, options)
        await page.locator('.source-row, .runs li').first().waitFor()

        const faults = await accessibilityFaults(page)

        expect(faults).toEqual([])
        await close()
      }, 60_000)
    }
  }

  for (const [width, height] of [
    [360, 740],
    [768, 1024],
    [1440, 900],
    [3840, 2160],
  ] as const) {
    it(`has no sideways scrolling and cuts nothing off at ${width} px`, async () => {
      const options = { viewport: { width, height } }
      for (const path of ['/', '/#/sources/posts']) {
        const { page, close } = await openDashboard(browser, server.url + path, options)
        await page.locator('.source-row, .runs li').first().waitFor()

        const beyond = await page.evaluate<string[]>(`
          [...document.querySelectorAll('body *')]
            .filter((element) => !element.closest('.visually-hidden, svg'))
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map((element) => element.className)
        `)

        expect(beyond).toEqual([])
        await close()
      }
    }, 60_000)
  }

  it.for([360, 800, 1440])(
    'moves nothing of the board when its connection opens, at %i px',
    async (width) => {
      const { context } = await openContext(browser, { viewport: { width, height: 900 } })
      await context.addInitScript(`{
        window.shifts = []
        new PerformanceObserver((list) => shifts.push(...list.getEntries().flatMap(
          ({ sources }) => sources.map(({ node }) => node?.className ?? ''))))
          .observe({ type: 'layout-shift', buffered: true })
      }`)
      const page = await context.newPage()
      let open = () => {}
      await page.routeWebSocket(/\/ws\//, async (socket) => {
        await new Promise<void>((resolve) => (open = resolve))
        socket.connectToServer()
      })

      await page.goto(server.url)
      await page.locator('.source-row').first().waitFor() // it came with the page
      await page.locator('.pill[data-kind="connecting"]').waitFor()
      open()
      await page.locator('.pill[data-kind="websocket"]').waitFor()
      await page.waitForTimeout(200) // of a shift one hears after its frame
      const shifts = await page.evaluate<string[]>('shifts')

      const isOfBoard = (part: string) => /^(board|cards?|sources|panels?)( |$)/.test(part)
      expect(shifts.filter(isOfBoard)).toEqual([]) // clocks move by themselves
      await context.close()
    },
  )

  it('draws rows of the height that it reserves for them, at every width and size of type', async () => {
    for (const width of [360, 700, 1000, 1440]) {
      const options = { viewport: { width, height: 900 } }
      const { page, close } = await openDashboard(browser, server.url, options)
      await page.locator('.source-row').first().waitFor()

      const tooHigh = await page.evaluate<string[]>(`
        [...document.querySelectorAll('.row')]
          .filter((row) => row.scrollHeight > row.clientHeight + 1)
          .map((row) => row.textContent + ' ' + row.scrollHeight + ' > ' + row.clientHeight)
      `)

      expect(tooHigh).toEqual([])
      await close()
    }
  }, 60_000)

  it('moves nothing for those who do not want it, and something for the others', async () => {
    const animationsWith = async (reducedMotion: 'reduce' | 'no-preference') => {
      const { page, close } = await openDashboard(browser, server.url, { reducedMotion })
      await page.route(/\/api\//, () => undefined)
      await page.routeWebSocket(/\/ws\//, () => undefined) // so that it stays on its way
      await page.reload()
      await page.locator('.pill[data-kind="connecting"]').waitFor()
      const animations = await page.evaluate<number>('document.getAnimations().length')
      await close()
      return animations
    }

    expect(await animationsWith('reduce')).toBe(0)
    expect(await animationsWith('no-preference')).toBeGreaterThan(0)
  })

  it('fits into 60 kB over the wire', async () => {
    const { page, close } = await openDashboard(browser, server.url)
    const session = await page.context().newCDPSession(page)
    let bytes = 0
    session.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength
    })
    await session.send('Network.enable')
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })

    await page.reload({ waitUntil: 'networkidle' })

    console.log(`the page weighs ${(bytes / 1_000).toFixed(1)} kB over the wire, headers included`)
    expect(bytes).toBeGreaterThan(10_000)
    expect(bytes).toBeLessThan(60_000)
    await close()
  })
})
