import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seedBoard } from '../../bench/seed-board.js'
import { describeInChromium, launchChromium, openContext } from '../support/chromium.js'
import { report } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const JOBS = 2_000
const PIPELINES = 20
const CHANGES_A_SECOND = 10
const MOST_IN_FLIGHT = 5
const MEASURED_MS = 20_000

interface Effort {
  /** Processor time of the main thread, in milliseconds. */
  readonly taskMs: number
  readonly scriptMs: number
  readonly layoutMs: number
  readonly styleMs: number
}

/** What the page itself sees of long tasks: by the clock on the wall, others included. */
const LONG_TASKS = `{
  window.longTasks = []
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask' })
}`

/** Reports one end of a run after another, each for the next job, until it is told to stop. */
async function keepReporting(url: string, signal: AbortSignal): Promise<number> {
  const pending = new Set<Promise<void>>()
  let reported = 0
  while (!signal.aborted) {
    const job = PIPELINES + 1 + (reported % (JOBS - PIPELINES))
    const sent = report(url, {
      eventType: reported % 3 === 0 ? 'FAIL' : 'COMPLETE',
      eventTime: new Date().toISOString(),
      run: { runId: `load-${reported}` },
      job: { namespace: 'bench', name: `job-${job}` },
      producer: 'https://example.com/e2e',
    })
    const settled = sent.finally(() => pending.delete(settled))
    pending.add(settled)
    reported += 1
    await delay(1_000 / CHANGES_A_SECOND)
    if (pending.size >= MOST_IN_FLIGHT) await Promise.race(pending)
  }
  await Promise.all(pending)
  return reported
}

async function effortOf(session: CDPSession): Promise<Effort> {
  const { metrics } = await session.send('Performance.getMetrics')
  const read = (name: string) =>
    (metrics.find((metric) => metric.name === name)?.value ?? NaN) * 1_000
  return {
    taskMs: read('TaskDuration'),
    scriptMs: read('ScriptDuration'),
    layoutMs: read('LayoutDuration'),
    styleMs: read('RecalcStyleDuration'),
  }
}

async function effortDuring(page: Page, action: () => Promise<unknown>): Promise<Effort> {
  const session = await page.context().newCDPSession(page)
  // In time of the processor: what others do on this machine does not count.
  await session.send('Performance.setTimeDomain', { timeDomain: 'threadTicks' })
  await session.send('Performance.enable')
  const before = await effortOf(session)
  await action()
  const after = await effortOf(session)
  return {
    taskMs: after.taskMs - before.taskMs,
    scriptMs: after.scriptMs - before.scriptMs,
    layoutMs: after.layoutMs - before.layoutMs,
    styleMs: after.styleMs - before.styleMs,
  }
}

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Processor time in microseconds. */
  readonly tdur?: number
  readonly args: { readonly name?: string; readonly data?: { readonly isMainFrame?: boolean } }
}

/**
 * The processor time of each task of the page's main thread, in milliseconds, the longest first.
 * The clock on the wall would count what others do on this machine.
 */
function tasksOf(trace: Buffer): readonly number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] }
  const mainThreads = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  )
  return traceEvents
    .filter(({ name, pid, tid }) => name === 'RunTask' && mainThreads.has(`${pid} ${tid}`))
    .flatMap(({ tdur }) => (tdur === undefined ? [] : [tdur / 1_000]))
    .sort((one, other) => other - one)
}

describeInChromium('the page with 2,000 sources and 10 changes a second', () => {
  let database: TestDatabase
  let server: ServerProcess
  let browser: Browser

  beforeAll(async () => {
    database = await createTestDatabase()
    const pool = new pg.Pool({ connectionString: database.connectionString })
    await seedBoard(pool, { jobs: JOBS, runs: 60_000 })
    await pool.end()
    server = await startServer({ databaseUrl: database.connectionString })
    browser = await launchChromium()
  }, 180_000)

  afterAll(async () => {
    await browser.close()
    await server.kill()
    await database.drop()
  })

  it('leaves half of a core free, and blocks nobody for 50 ms', async () => {
    const { context, troubles } = await openContext(browser, {
      viewport: { width: 1440, height: 900 },
    })
    const page = await context.newPage()
    await page.goto(server.url)
    await page.locator('[data-row-link]').first().waitFor()
    const ending = new AbortController()
    const reporting = keepReporting(server.url, ending.signal)
    await delay(3_000)
    await page.evaluate(LONG_TASKS)

    await browser.startTracing(page, {
      categories: ['disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata'],
    })
    const effort = await effortDuring(page, () => delay(MEASURED_MS))
    const tasks = tasksOf(await browser.stopTracing())

    ending.abort()
    const reported = await reporting
    const longTasks = await page.evaluate<number[]>('longTasks')
    const share = effort.taskMs / MEASURED_MS
    console.log(
      `${reported} changes; main thread ${Math.round(share * 100)} % of a core ` +
        `(script ${Math.round(effort.scriptMs)} ms, layout ${Math.round(effort.layoutMs)} ms, ` +
        `style ${Math.round(effort.styleMs)} ms in ${MEASURED_MS / 1_000} s); ` +
        `${tasks.length} tasks, the longest ${tasks
          .slice(0, 5)
          .map((ms) => ms.toFixed(1))
          .join(', ')} ms; by the clock on the wall ${longTasks.length} above 50 ms ` +
        `(${longTasks.map((ms) => ms.toFixed(0)).join(', ')})`,
    )
    expect(tasks.length).toBeGreaterThan(100)
    expect(share).toBeLessThan(0.5)
    expect(tasks[0]).toBeLessThan(50)
    expect(troubles.pageErrors).toEqual([])
    await context.close()
  }, 60_000)

  it('draws only the rows in sight, and finds the last of them', async () => {
    const { context, troubles } = await openContext(browser, {
      viewport: { width: 1440, height: 900 },
    })
    const page = await context.newPage()
    await page.goto(server.url)
    const rows = page.getByRole('listitem').filter({ has: page.locator('[data-row-link]') })
    await rows.first().waitFor()
    const count = Number(await rows.first().getAttribute('aria-setsize'))

    await page.locator('[data-row-link]').first().focus()
    await page.keyboard.press('End')
    await page.locator(`[aria-posinset="${count}"]`).waitFor()

    expect(count).toBe(JOBS)
    expect(await rows.count()).toBeLessThan(80)
    expect(await page.evaluate('scrollY + innerHeight >= document.body.scrollHeight - 100')).toBe(
      true,
    )
    await page.getByRole('searchbox').fill('job-1234')
    await page.locator('.source-row').nth(1).waitFor({ state: 'detached' })
    expect(await page.locator('.source-row .row-name a').allTextContents()).toEqual(['job-1234'])
    expect(troubles.pageErrors).toEqual([])
    await context.close()
  }, 90_000)
})
