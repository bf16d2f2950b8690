import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import {
  describeInChromium,
  launchChromium,
  NO_TROUBLES,
  openContext,
} from '../support/chromium.js'
import { type DashboardPage, openDashboard } from '../support/dashboard-page.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let database: TestDatabase
let server: ServerProcess
let browser: Browser
const opened: DashboardPage[] = []

async function open(path = '', options = {}): Promise<DashboardPage> {
  const dashboard = await openDashboard(browser, server.url + path, options)
  opened.push(dashboard)
  return dashboard
}

/** Reports runs of a job, many a second, until its end. */
function changeAgainAndAgain(jobName: string): { readonly end: () => Promise<void> } {
  let isOver = false
  const change = async () => {
    while (!isOver) {
      await report(server.url, runEvent('COMPLETE', jobName))
      await delay(50)
    }
  }
  const changing = change()
  return {
    end: () => {
      isOver = true
      return changing
    },
  }
}

describeInChromium('the page', () => {
  beforeAll(async () => {
    database = await createTestDatabase()
    server = await startServer({ databaseUrl: database.connectionString })
    browser = await launchChromium()
  }, 120_000)

  afterEach(() => Promise.all(opened.splice(0).map((dashboard) => dashboard.close())))

  afterAll(async () => {
    await browser.close()
    await server.kill()
    await database.drop()
  })

  it('names the command that reports the first run, and shows that run at once', async () => {
    const { page, row, troubles } = await open()
    const command = await page.locator('main code').first().textContent()
    const url = /'(http[^']+)'/.exec(command ?? '')?.[1] ?? ''

    const answer = await fetch(url)

    expect(answer.status).toBe(201)
    await row('my-first-job').getByText('Healthy').waitFor()
    expect(await page.title()).toBe('Pipecast: The one source is healthy')
    expect(troubles).toEqual(NO_TROUBLES)
  })

  it('shows what fails, why, and how many in its tab', async () => {
    const { page, row } = await open()
    await row('my-first-job').waitFor()

    await report(server.url, runEvent('FAIL', 'orders', '503 from upstream'))

    await row('orders').getByText('Failing', { exact: true }).waitFor()
    expect(await row('orders').locator('.row-why').textContent()).toBe(
      'The last run failed: 503 from upstream',
    )
    expect(await page.locator('h1').textContent()).toBe('1 source failing')
    expect(await page.title()).toBe('(1) Pipecast: 1 source failing')
    const icon = await page.locator('link[rel="icon"]').getAttribute('href')
    expect(decodeURIComponent(icon ?? '')).toContain('>1</text>')
  })

  it('lists problems first, and leaves the rows that have not changed alone', async () => {
    const { page, row } = await open()
    await row('orders').waitFor()
    await page.evaluate(`
      document.querySelector('a[href="#/sources/my-first-job"]').closest('.source-row')
        .dataset.mark = 'same'
    `)

    await report(server.url, runEvent('COMPLETE', 'orders'))
    await row('orders').getByText('Healthy').waitFor()
    await report(server.url, runEvent('FAIL', 'stock', 'empty'))
    await row('stock').waitFor()

    const names = await page.locator('.source-row .row-name a').allTextContents()
    expect(names[0]).toBe('stock')
    expect(await row('my-first-job').getAttribute('data-mark')).toBe('same')
  })

  it('says that a run has started, and counts its seconds without drawing the row anew', async () => {
    const { row } = await open()
    await report(server.url, runEvent('START', 'counting'))
    const when = row('counting').locator('.row-when')
    await when.getByText(/running 1 s/).waitFor()

    await when.getByText(/running 3 s/).waitFor()

    expect(await row('counting').locator('.history').getAttribute('aria-label')).toBe(
      'Last run: 1 running.',
    )
  })

  it('finds a source by keyboard, opens it, and comes back', async () => {
    const { page } = await open()
    await page.locator('.source-row').first().waitFor()

    await page.keyboard.press('/')
    await page.keyboard.type('first-job')
    await page.keyboard.press('Tab') // the chips
    await page.locator('.source-row').nth(1).waitFor({ state: 'detached' })
    await page.locator('[data-row-link]').focus()
    await page.keyboard.press('Enter')

    await page.getByRole('heading', { name: 'my-first-job' }).waitFor()
    expect(page.url()).toBe(`${server.url}/#/sources/my-first-job`)
    await page.goBack()
    await page.locator('.source-row').first().waitFor()
    expect(await page.evaluate('document.activeElement.textContent')).toBe('my-first-job')
    expect(await page.getByRole('searchbox').inputValue()).toBe('first-job')
    expect(await page.locator('.source-row').count()).toBe(1)
  })

  it('tells jobs of one name in two namespaces apart', async () => {
    const job = (namespace: string) => ({
      ...runEvent('COMPLETE', 'load'),
      job: { namespace, name: 'load' },
    })

    await report(server.url, [job('prod'), job('staging')])
    const { row } = await open()

    await row('prod/load').waitFor()
    await row('staging/load').waitFor()
  })

  it('moves from row to row with the arrow keys, and stays on a row that moves', async () => {
    const { page } = await open()
    await page.locator('[data-row-link]').first().focus()
    const focused = () => page.evaluate('document.activeElement.textContent')

    await page.keyboard.press('ArrowDown')
    const second = String(await focused())
    await report(server.url, runEvent('FAIL', second, 'moved up'))
    await page.locator('.source-row').first().getByText(second).waitFor()

    expect(await focused()).toBe(second)
    await page.keyboard.press('End')
    expect(await focused()).not.toBe(second)
    await page.keyboard.press('Home')
    expect(await focused()).toBe(second)
  })

  it('tells of a source: its runs, its log, its schedule in words, and how to report it', async () => {
    await fetch(`${server.url}/ping/any-token/nightly/fail?create=1`, {
      method: 'POST',
      body: 'loading\nno space left on device\n',
    })
    await fetch(`${server.url}/api/v1/namespaces/default/jobs/nightly`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ schedule: { cron: '30 3 * * *', timezone: 'Europe/Riga' } }),
    })

    const { page, troubles } = await open('/#/sources/nightly')

    await page.getByText('At 03:30 (Europe/Riga)').waitFor()
    await page.locator('.log').waitFor()
    expect(await page.locator('.log').textContent()).toBe('loading\nno space left on device\n')
    await page.getByText('Report a run').click()
    expect(await page.locator('.copy-block code').first().textContent()).toContain(
      `${server.url}/ping/any-token/nightly?create=1`,
    )
    expect(troubles).toEqual(NO_TROUBLES)
  })

  it('shows the runs of a source that changes faster than the server answers, and storms nobody', async ({
    onTestFinished,
  }) => {
    await report(server.url, runEvent('COMPLETE', 'busy'))
    const { page, row, troubles } = await open()
    await row('busy').waitFor()
    const askedAt: number[] = []
    await page.route(/\/jobs\/busy\/runs/, async (route) => {
      askedAt.push(performance.now())
      await delay(700)
      await route.continue()
    })
    const changing = changeAgainAndAgain('busy')
    onTestFinished(changing.end)

    await row('busy').getByRole('link').click()
    await page.locator('.runs li').nth(10).waitFor({ timeout: 15_000 })
    await changing.end()
    await report(server.url, runEvent('START', 'busy')) // the last change of all
    await page.locator('.runs .run-state-running').waitFor()

    const gapsMs = askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? 0))
    expect(gapsMs.length).toBeGreaterThan(0)
    expect(Math.min(...gapsMs)).toBeGreaterThan(900) // 1 s by the page's clock
    expect(troubles).toEqual(NO_TROUBLES)
  })

  it('follows how far an open run is, until it ends', async () => {
    const begun = runEvent('START', 'loading') as { readonly run: object }
    const progress = (done: number) => ({
      ...begun,
      eventType: 'RUNNING',
      eventTime: new Date().toISOString(),
      run: { ...begun.run, facets: { pipecast_run: { progress: { done, total: 90 } } } },
    })
    await report(server.url, [begun, progress(40)])
    const { page } = await open('/#/sources/loading')
    await page.locator('.runs summary').click()
    await page.getByText('40 of 90').waitFor()
    await page.getByText('It sent no log.').waitFor() // it has been asked for by itself
    let questions = 0
    page.on('request', (request) => {
      if (request.url().includes('/api/v1/runs/')) questions += 1
    })

    await report(server.url, progress(60))
    await page.getByText('60 of 90').waitFor({ timeout: 10_000 })
    await report(server.url, { ...begun, eventType: 'COMPLETE', eventTime: progress(0).eventTime })
    await page.locator('.runs .run-state-completed').waitFor()
    await page.waitForTimeout(1_500) // by then it has been asked for the last time
    const atItsEnd = questions
    await page.waitForTimeout(6_000)

    expect(questions).toBe(atItsEnd)
  })

  it.each(['no/such', 'constructor', '__proto__'])(
    'says so when there is no source %s',
    async (key) => {
      const { page, troubles } = await open(`/#/sources/${encodeURIComponent(key)}`)

      await page.getByText(`There is no source “${key}”`).waitFor()
      expect(troubles).toEqual(NO_TROUBLES)
    },
  )

  it('polls, and asks for what is behind a source, without what browsers have only since 2024', async () => {
    await report(server.url, runEvent('FAIL', 'seen-by-an-older-browser', 'why'))
    const { context, troubles } = await openContext(browser)
    await context.addInitScript('delete AbortSignal.any; delete window.WebSocket')
    await context.route('**/stream', (route) => route.abort())
    const page = await context.newPage()

    await page.goto(`${server.url}/#/sources/seen-by-an-older-browser`)
    await page.locator('.runs li').first().waitFor()
    await page.locator('.pill[data-kind="polling"]').waitFor()

    expect(troubles.pageErrors).toEqual([])
    await context.close()
  })

  it('asks for the server’s health only while the system panel is open', async () => {
    const { page } = await open()
    await page.locator('.source-row').first().waitFor()
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))

    await page.waitForTimeout(1_500)
    const before = asked.filter((path) => path === '/api/v1/public/health').length
    await page.getByText('System').click()
    await page.getByText(/^\d+ of 50$/).waitFor()

    expect(before).toBe(0)
    expect(asked).toContain('/api/v1/public/health')
  })

  it('turns its theme, and remembers it', async () => {
    const { page } = await open()
    const theme = () => page.locator('html').getAttribute('data-theme')

    await page.getByRole('button', { name: 'Theme: auto' }).click()
    await page.getByRole('button', { name: 'Theme: light' }).click()
    await page.reload()
    await page.locator('.pill').waitFor()

    expect(await theme()).toBe('dark')
  })

  it('hides its controls on a wall, until Escape', async () => {
    const { page } = await open('/?kiosk=1')
    await page.locator('.source-row').first().waitFor()
    const hidden = await page.getByRole('button').count()

    await page.keyboard.press('Escape')

    expect(hidden).toBe(0)
    await page.getByRole('button', { name: 'Refresh' }).waitFor()
    expect(page.url()).not.toContain('kiosk')
  })

  it('names a pipeline whose own runs fail while its sources do well', async () => {
    const parent = { run: { runId: randomUUID() }, job: { namespace: 'default', name: 'etl' } }
    const task = runEvent('COMPLETE', 'etl.load') as { run: { facets: object } }
    task.run.facets = { parent }

    await report(server.url, [task, { ...runEvent('FAIL', 'etl', 'no money'), run: parent.run }])
    const { page } = await open()

    await page.locator('.pipeline-row', { hasText: 'etl' }).waitFor()
    expect(await page.locator('h1').textContent()).toContain('Pipeline etl failing; ')
    expect(await page.title()).toContain('Pipecast: Pipeline etl failing; ')
  })
})
