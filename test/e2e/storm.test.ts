import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type AdverseServer,
  type Adversity,
  startAdverseServer,
} from '../support/adverse-server.js'
import { type BuiltPage, buildPage, type PageSite, startPageSite } from '../support/built-page.js'
import { describeInChromium, launchChromium, openContext } from '../support/chromium.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const STORM_MS = 30_000
const MAX_ATTEMPTS = 12
const ADVERSITIES: readonly Adversity[] = [
  'answers 403',
  'answers 503',
  'accepts and drops',
  'accepts and hangs',
]

interface Storm {
  readonly renders: number
  readonly messages: number
  readonly statuses: readonly string[]
}

const stormOf = (page: Page) => page.evaluate<Storm>('globalThis.storm')

describeInChromium('a page that renders 20 times a second and wants to connect each time', () => {
  const servers = new Map<Adversity, AdverseServer>()
  const storms = new Map<Adversity, Storm>()
  let browser: Browser
  let built: BuiltPage
  let database: TestDatabase
  let server: ServerProcess
  let site: PageSite
  /** The storm at a server that is well, and what it said to it. */
  let healthy: Storm | undefined
  const sent: string[] = []

  // At the same time, so that half a minute does for all.
  beforeAll(async () => {
    built = await buildPage('react-pages/storm.tsx')
    database = await createTestDatabase()
    server = await startServer({ databaseUrl: database.connectionString })
    site = await startPageSite(
      await buildPage('react-pages/storm.tsx', {
        define: { 'process.env.NEXT_PUBLIC_STATUS_URL': JSON.stringify(server.url) },
      }),
    )
    browser = await launchChromium()
    const { context } = await openContext(browser)
    const pages = await Promise.all(
      ADVERSITIES.map(async (adversity) => {
        const server = await startAdverseServer(adversity, built)
        servers.set(adversity, server)
        const page = await context.newPage()
        await page.goto(server.url)
        return [adversity, page] as const
      }),
    )
    const page = await context.newPage()
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => sent.push(String(payload))),
    )
    await page.goto(site.url)
    await delay(STORM_MS)
    healthy = await stormOf(page)
    for (const [adversity, page] of pages) {
      storms.set(adversity, await stormOf(page))
      await page.close()
    }
  }, 120_000)

  afterAll(async () => {
    await browser.close()
    await Promise.all([...servers.values(), site].map((each) => each.close()))
    await server.kill()
    await database.drop()
  })

  it.each(ADVERSITIES)('[P9.2] makes at most 12 attempts at a server that %s', (adversity) => {
    const { attemptsAt, requests } = servers.get(adversity)!
    const { renders, statuses } = storms.get(adversity)!

    console.log(
      `a server that ${adversity}: ${attemptsAt.length} attempts, ${requests()} other requests, ${renders} renders, ${statuses.join(' ')}`,
    )
    expect(renders).toBeGreaterThan(STORM_MS / 200) // it was a storm, even on a slow machine
    expect(attemptsAt.length).toBeGreaterThan(1) // and it goes on trying
    expect(attemptsAt.length).toBeLessThanOrEqual(MAX_ATTEMPTS)
  })

  it.each(ADVERSITIES)(
    'asks a server that %s once a second, and why it was refused',
    (adversity) => {
      const { attemptsAt, requests } = servers.get(adversity)!

      expect(requests()).toBeLessThanOrEqual(STORM_MS / 1_000 + attemptsAt.length + 3)
    },
  )

  it.each(ADVERSITIES)('[P9.1] has one connection at a time to a server that %s', (adversity) => {
    expect(servers.get(adversity)!.mostOpen()).toBeLessThanOrEqual(1)
  })

  it.each(ADVERSITIES)('does not claim to be connected to a server that %s', (adversity) => {
    const { messages, statuses } = storms.get(adversity)!

    expect(messages).toBe(0)
    expect(statuses).not.toContain('polling-fallback')
    expect(statuses.at(-1)).not.toBe('connected')
  })

  it('[P9.2] [P4.6] stays live at a healthy server, and says little to it', () => {
    const { renders, messages, statuses } = healthy!

    console.log(
      `a healthy server: ${sent.length} messages, ${renders} renders, ${statuses.join(' ')}`,
    )
    expect(renders).toBeGreaterThan(STORM_MS / 200)
    expect(messages).toBeGreaterThan(0)
    expect(statuses).toEqual(['connecting', 'connected'])
    // A ping and a refresh every few seconds.
    expect(sent.length).toBeGreaterThan(4)
    expect(sent.length).toBeLessThanOrEqual(STORM_MS / 1_000 + 4)
  })

  it('a hook that opens a socket whenever its callback is new would not pass', async () => {
    const server = await startAdverseServer('accepts and hangs', built)
    const page = await browser.newPage()

    await page.goto(`${server.url}/?naive`)

    await expect
      .poll(() => server.attemptsAt.length, { timeout: 20_000 })
      .toBeGreaterThan(MAX_ATTEMPTS)
    await expect.poll(server.mostOpen).toBeGreaterThan(1)
    await page.close()
    await server.close()
  })
})
