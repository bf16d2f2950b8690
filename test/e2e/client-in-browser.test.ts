import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { type ClientPage, startClientPage } from '../support/client-page.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const TOKEN = 'a-long-view-token-0123456789'

let database: TestDatabase
let server: ServerProcess
let page: ClientPage
let browser: Browser

beforeAll(async () => {
  ;[database, page, browser] = await Promise.all([
    createTestDatabase(),
    startClientPage(),
    launchChromium(),
  ])
  server = await startServer({ databaseUrl: database.connectionString })
  await report(server.url, runEvent('COMPLETE', 'first'))
})

afterAll(async () => {
  await browser.close()
  await Promise.all([server.kill(), page.close()])
  await database.drop()
})

async function openContext(): Promise<BrowserContext> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  return context
}

/** Opens a tab that follows the feed. */
async function openTab(context: BrowserContext, options: object = {}): Promise<Page> {
  const tab = await context.newPage()
  await tab.goto(page.url)
  await tab.waitForFunction('window.isReady')
  await tab.evaluate(`follow(${JSON.stringify({ url: server.url, ...options })})`)
  return tab
}

const sees = (tab: Page, job: string, timeout: number) =>
  tab.waitForFunction(`subscription.update?.data.sources[${JSON.stringify(job)}]`, undefined, {
    timeout,
  })
const isConnected = (tab: Page, timeout = 5_000) =>
  tab.waitForFunction(`subscription.state.status === 'connected'`, undefined, { timeout })
/** What it has been, one after the other. */
const statusesOf = (tab: Page) => tab.evaluate<string[]>('seen.states.map(({ status }) => status)')

async function activeConnections(): Promise<number> {
  const health = await server.getJson<{ connections: { active: number } }>('/health')
  return health.connections.active
}

describeInChromium('tabs of one origin', () => {
  it('[P9.8] share one connection, thirty of them, and all see every change', {
    timeout: 90_000,
  }, async () => {
    const context = await openContext()
    const tabs: Page[] = []
    for (let index = 0; index < 30; index += 1) tabs.push(await openTab(context))
    await Promise.all(tabs.map((tab) => sees(tab, 'first', 5_000)))
    await Promise.all(tabs.map((tab) => isConnected(tab)))

    const active = await activeConnections()
    const reportedAt = Date.now()
    await report(server.url, runEvent('COMPLETE', 'shared'))
    await Promise.all(tabs.map((tab) => sees(tab, 'shared', 5_000)))
    const tookMs = Date.now() - reportedAt

    console.log(`30 tabs: ${active} connection, a commit was seen by all after ${tookMs} ms`)
    expect(active).toBe(1)
  })

  it('[P9.8] go on within two seconds when the one that leads is closed', {
    timeout: 60_000,
  }, async () => {
    const context = await openContext()
    const [leader, ...others] = [
      await openTab(context),
      await openTab(context),
      await openTab(context),
    ]
    await Promise.all(others.map((tab) => sees(tab, 'first', 5_000)))
    const before = await activeConnections()

    await leader.close()
    const closedAt = Date.now()
    await report(server.url, runEvent('COMPLETE', 'after-the-leader'))
    await Promise.all(others.map((tab) => sees(tab, 'after-the-leader', 5_000)))
    const tookMs = Date.now() - closedAt
    await Promise.all(others.map((tab) => isConnected(tab)))

    console.log(`the leader was closed: the others saw the next commit after ${tookMs} ms`)
    expect(before).toBe(1)
    expect(tookMs).toBeLessThan(2_000)
    await expect.poll(activeConnections).toBe(1)
    for (const tab of others) {
      const seqs = await tab.evaluate<number[]>('seen.updates.map(({ seq }) => seq)')
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    }
  })

  it('[P9.8] are not told that all is over when the one that leads has no more use for it', {
    timeout: 60_000,
  }, async () => {
    const context = await openContext()
    const leader = await openTab(context)
    await isConnected(leader)
    const follower = await openTab(context)
    await sees(follower, 'first', 5_000)

    await leader.evaluate('subscription.close()')
    await report(server.url, runEvent('COMPLETE', 'before-it-left'))
    await delay(4_000) // a page keeps its connection for 3 s, in case it is wanted again
    await report(server.url, runEvent('COMPLETE', 'after-it-left'))
    await sees(follower, 'after-it-left', 5_000)

    expect(await statusesOf(follower)).not.toContain('closed')
    await isConnected(follower)
  })

  it('[P9.8] do not starve behind one that is frozen', { timeout: 60_000 }, async () => {
    const context = await openContext()
    const leader = await openTab(context)
    await isConnected(leader)
    const other = await openTab(context)
    await sees(other, 'first', 5_000)

    const frozen = leader.evaluate('for (const end = Date.now() + 15_000; Date.now() < end;);')
    await delay(500) // a commit may be faster than the word that freezes the page
    const frozenAt = Date.now()
    await report(server.url, runEvent('COMPLETE', 'while-frozen'))
    await sees(other, 'while-frozen', 20_000)
    const tookMs = Date.now() - frozenAt
    await frozen
    await sees(leader, 'while-frozen', 10_000)

    console.log(`the leader was frozen: the other saw the next commit after ${tookMs} ms`)
    expect(tookMs).toBeGreaterThan(2_000) // or it was not frozen
    expect(tookMs).toBeLessThan(12_000)
    for (const tab of [leader, other]) expect(await statusesOf(tab)).not.toContain('closed')
    await expect.poll(activeConnections, { timeout: 10_000 }).toBe(1)
  })

  it('[P9.8] have a connection of their own where the token is another, or none may be shared', {
    timeout: 60_000,
  }, async () => {
    const context = await openContext()
    const tabs = [
      await openTab(context, { token: 'the-token-of-one-viewer' }),
      await openTab(context, { token: 'the-token-of-another' }),
      await openTab(context, { share: false }),
      await openTab(context, { share: false }),
    ]

    await Promise.all(tabs.map((tab) => isConnected(tab)))

    expect(await activeConnections()).toBe(4)
  })
})

describeInChromium('tabs with a token that is given later', () => {
  it.each([
    ['one that leads', 0],
    ['one that follows', 1],
  ])(
    '[P9.8] go on with it when the leader is closed, also when it was given in %s',
    { timeout: 60_000 },
    async (_which, given) => {
      const guarded = await startServer({
        databaseUrl: database.connectionString,
        env: { VIEW_TOKENS: TOKEN },
      })
      onTestFinished(() => guarded.kill())
      const context = await openContext()
      const [leader, follower] = [
        await openTab(context, { url: guarded.url }),
        await openTab(context, { url: guarded.url }),
      ]
      for (const tab of [leader, follower]) {
        await tab.waitForFunction(`subscription.state.status === 'unauthorized'`)
      }
      await [leader, follower][given]!.evaluate(`subscription.authorize('${TOKEN}')`)
      await Promise.all([isConnected(leader), isConnected(follower)])

      await leader.close()
      await report(server.url, runEvent('COMPLETE', `given-in-${given}`))
      await sees(follower, `given-in-${given}`, 10_000)

      await isConnected(follower)
    },
  )
})

describeInChromium('a page', () => {
  it('[P9.7] notices that its network is gone, and comes back by itself', {
    timeout: 90_000,
  }, async () => {
    const context = await openContext()
    const tab = await openTab(context)
    await isConnected(tab)

    await context.setOffline(true)
    const lostAt = Date.now()
    await tab.waitForFunction(`subscription.state.status !== 'connected'`, undefined, {
      timeout: 20_000,
    })
    const noticedMs = Date.now() - lostAt
    await report(server.url, runEvent('COMPLETE', 'while-offline'))
    await tab.waitForTimeout(3_000)
    await context.setOffline(false)
    const backAt = Date.now()
    await sees(tab, 'while-offline', 20_000)
    await isConnected(tab, 20_000)

    console.log(`offline: noticed after ${noticedMs} ms, live ${Date.now() - backAt} ms after it`)
    expect(noticedMs).toBeLessThan(15_000)
  })

  it('[P9.1] [P9.2] that connects at every render has one connection all the same', {
    timeout: 60_000,
  }, async () => {
    const context = await openContext()
    const tab = await openTab(context)
    await isConnected(tab)

    const most = await tab.evaluate<number>(`(async () => {
      for (let render = 0; render < 2000; render += 1) {
        subscription.close()
        follow({ url: ${JSON.stringify(server.url)} })
        if (render % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      }
      return performance.getEntriesByType('resource').length
    })()`)
    await isConnected(tab)

    const connects = server.log.filter(({ msg }) => msg === 'WebSocket connected').length
    expect(await activeConnections()).toBe(1)
    expect(most).toBeLessThan(60)
    expect(connects).toBeLessThan(30)
  })
})
