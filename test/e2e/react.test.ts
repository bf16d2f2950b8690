import { SignJWT } from 'jose'
import { createElement, StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { Board, type BoardControl } from '../fixtures/react-pages/board.js'
import { buildPage, type BuiltPage, type PageSite, startPageSite } from '../support/built-page.js'
import {
  describeInChromium,
  launchChromium,
  NO_TROUBLES,
  openContext,
} from '../support/chromium.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { openSocket, PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const TOKEN = 'a-long-view-token-0123456789'
const SECRET = 'a-secret-of-more-than-32-characters-for-tests'

let database: TestDatabase
let built: BuiltPage
let site: PageSite
let browser: Browser

beforeAll(async () => {
  ;[database, built, browser] = await Promise.all([
    createTestDatabase(),
    buildPage('react-pages/board-page.tsx'),
    launchChromium(),
  ])
  site = await startPageSite(built)
})

afterAll(async () => {
  await browser.close()
  await site.close()
  await database.drop()
})

async function start(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const server = await startServer({ databaseUrl: database.connectionString, env })
  onTestFinished(() => server.kill())
  await report(server.url, [runEvent('COMPLETE', 'one'), runEvent('FAIL', 'two', 'why')])
  return server
}

async function openBoard(
  { url }: ServerProcess,
  context?: BrowserContext,
  query = '',
): Promise<Page> {
  const page = await (context ?? (await openContext(browser)).context).newPage()
  await page.goto(`${site.url}/?server=${url}${query}`)
  return page
}

const boardOf = (page: Page) => page.evaluate<BoardControl>('JSON.parse(JSON.stringify(board))')
const textOf = (page: Page, id: string) => () => page.locator(`#${id}`).innerText()
const opened = ({ log }: ServerProcess) =>
  log.filter(({ msg }) => msg === 'WebSocket connected').length

async function activeConnections(server: ServerProcess): Promise<number> {
  const health = await server.getJson<{ connections: { active: number } }>('/health')
  return health.connections.active
}

describeInChromium('the hooks in a page that renders 20 times a second', () => {
  it('[P9.1] share one connection that nothing opens anew, in StrictMode too', async () => {
    const server = await start()
    const page = await openBoard(server)
    await expect.poll(textOf(page, 'sources'), { timeout: 10_000 }).toBe('connected: one two')
    await page.waitForFunction('board.renders >= 60')

    const before = opened(server)
    await page.evaluate(`board.want(['two'])`)
    await expect.poll(textOf(page, 'sources')).toBe('connected: two')
    await page.evaluate('board.want(undefined)')
    await expect.poll(textOf(page, 'sources')).toBe('connected: one two')

    expect(await textOf(page, 'totals')()).toBe('2 sources')
    expect(await textOf(page, 'drop-in')()).toBe('connected Failing false')
    expect(before).toBe(1)
    // Another view is another document. The log comes over a pipe of its own.
    await expect.poll(() => opened(server)).toBe(2)
  })

  it('call the callback of the newest render, with the unwrapped data', async () => {
    const server = await start()
    const page = await openBoard(server)
    await expect.poll(textOf(page, 'drop-in'), { timeout: 10_000 }).toMatch('connected')
    await page.waitForFunction('board.renders >= 40')
    const seen = await boardOf(page)

    await report(server.url, runEvent('COMPLETE', 'three'))
    await page.waitForFunction(`board.updates.length > ${seen.updates.length}`)

    const { updates, messages, statuses, retriesAt } = await boardOf(page)
    expect(updates.at(-1)!.render).toBeGreaterThan(seen.renders - 5)
    expect(messages.at(-1)).toMatchObject({ sources: { three: { status: 'Healthy' } } })
    expect(statuses).toEqual(['connecting', 'connected'])
    expect([...new Set(retriesAt)]).toEqual([null])
  })

  it('disconnect is for one component alone; connect brings it back', async () => {
    const server = await start()
    const page = await openBoard(server)
    await expect.poll(textOf(page, 'drop-in'), { timeout: 10_000 }).toMatch('connected')

    await page.evaluate('board.disconnect()')
    await expect.poll(textOf(page, 'drop-in')).toBe('disconnected Failing false')
    await report(server.url, runEvent('COMPLETE', 'four'))
    await expect.poll(textOf(page, 'sources')).toMatch('four')
    const { messages } = await boardOf(page)
    await page.evaluate('board.connect()')
    await expect.poll(textOf(page, 'drop-in')).toMatch('connected')

    expect(messages.at(-1)).not.toHaveProperty('sources.four')
    expect((await boardOf(page)).messages.at(-1)).toHaveProperty('sources.four')
    expect(opened(server)).toBe(1)
  })

  it('poll a server that is full, and are live as soon as it is not', {
    timeout: 60_000,
  }, async () => {
    const server = await start({ MAX_CONNECTIONS: '1' })
    const other = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)
    const page = await openBoard(server)
    await expect
      .poll(textOf(page, 'drop-in'), { timeout: 10_000 })
      .toBe('polling-fallback Failing true')
    const sources = await textOf(page, 'sources')()

    other.socket.close()
    await expect.poll(textOf(page, 'drop-in'), { timeout: 40_000 }).toBe('connected Failing false')

    expect(sources).toMatch(/^polling: .*two$/)
  })

  it('ask an inline function for the token once, not at every render', async () => {
    const server = await start({ VIEW_TOKENS: TOKEN })
    const page = await openBoard(server, undefined, `&token=${TOKEN}`)
    await expect.poll(textOf(page, 'sources'), { timeout: 10_000 }).toMatch('connected')
    await page.waitForFunction('board.renders >= 60')

    expect((await boardOf(page)).tokensAsked).toBe(1)
    expect(opened(server)).toBe(1)
  })

  it('hydrate what a server has rendered without a difference', async () => {
    const server = await start()
    const rendered = renderToString(
      createElement(StrictMode, null, createElement(Board, { serverUrl: server.url })),
    )
    const renderedSite = await startPageSite({
      ...built,
      html: built.html.replace('<main>', () => `<main>${rendered}`),
    })
    onTestFinished(() => renderedSite.close())
    const { context, troubles } = await openContext(browser)
    const page = await context.newPage()

    await page.goto(`${renderedSite.url}/?server=${server.url}`)
    await expect.poll(textOf(page, 'sources'), { timeout: 10_000 }).toMatch('connected')

    expect(rendered).toContain('connecting: ')
    expect(troubles).toEqual(NO_TROUBLES)
  })
})

/** A view token that expires within the second after so many. */
const sign = (secondsLeft: number) =>
  new SignJWT({ sub: 'viewer' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.ceil(Date.now() / 1_000) + secondsLeft)
    .sign(new TextEncoder().encode(SECRET))

describeInChromium('a component whose token has expired', () => {
  it('[P9.6] is not asked for another once it is gone, but the one that is there', async () => {
    const server = await start({ VIEW_JWT_SECRET: SECRET, BROADCAST_INTERVAL_MS: '300' })
    const viewersSite = await startPageSite(await buildPage('react-pages/viewers-page.tsx'))
    onTestFinished(() => viewersSite.close())
    const page = await (await openContext(browser)).context.newPage()
    await page.goto(`${viewersSite.url}/?server=${server.url}`)
    await page.waitForFunction('viewers.show')
    const show = (...viewers: readonly object[]) =>
      page.evaluate(`viewers.show(${JSON.stringify(viewers)})`)
    const asked = () => page.evaluate<string[]>('viewers.asked')
    const gone = { name: 'gone', token: await sign(5) }
    const there = { name: 'there', token: await sign(600) }

    await show(gone)
    await expect.poll(textOf(page, 'gone'), { timeout: 10_000 }).toBe('connected')
    await show(gone, there)
    await expect.poll(textOf(page, 'there')).toBe('connected')
    await show(there)
    await expect.poll(asked, { timeout: 15_000 }).toHaveLength(2)

    expect(await asked()).toEqual(['gone', 'there'])
    expect(await textOf(page, 'there')()).toBe('connected')
    expect(opened(server)).toBe(1)
  })
})

describeInChromium('thirty tabs with the hooks', () => {
  it('[P9.8] take one connection, and lose no seq when the one that leads is closed', {
    timeout: 120_000,
  }, async () => {
    const server = await start()
    const { context } = await openContext(browser)
    const leader = await openBoard(server, context)
    await expect.poll(textOf(leader, 'sources'), { timeout: 20_000 }).toMatch('connected')
    const followers: Page[] = []
    for (let count = 1; count < 30; count += 1) followers.push(await openBoard(server, context))
    await Promise.all(
      followers.map((page) =>
        expect.poll(textOf(page, 'sources'), { timeout: 30_000 }).toMatch(/^connected: .*two/),
      ),
    )
    const active = await activeConnections(server)
    const openedBefore = opened(server)

    await report(server.url, runEvent('COMPLETE', 'before'))
    await Promise.all(followers.map((page) => hasSource(page, 'before')))
    const closedAt = Date.now()
    await leader.close()
    await report(server.url, runEvent('COMPLETE', 'meanwhile'))
    await Promise.all(followers.map((page) => hasSource(page, 'meanwhile')))
    const boards = await Promise.all(followers.map(boardOf))
    const heardAt = boards.map(({ updates }) => firstAt(updates, updates.at(-1)!.seq))
    const tookMs = Math.max(...heardAt) - closedAt
    await report(server.url, runEvent('COMPLETE', 'afterwards'))
    await Promise.all(followers.map((page) => hasSource(page, 'afterwards')))

    console.log(`30 tabs: the leader was closed, all others saw the next commit after ${tookMs} ms`)
    expect([active, openedBefore]).toEqual([1, 1])
    expect(tookMs).toBeLessThan(2_000)
    expect(await activeConnections(server)).toBe(1)
    for (const page of followers) {
      const { updates } = await boardOf(page)
      const seqs = [...new Set(updates.map(({ seq }) => seq))]
      expect(seqs).toEqual(seqs.map((_seq, index) => seqs[0]! + index))
    }
  })
})

const hasSource = (page: Page, name: string) =>
  page.waitForFunction(`board.messages.at(-1)?.sources?.[${JSON.stringify(name)}]`)

const firstAt = (updates: BoardControl['updates'], wanted: number) =>
  updates.find(({ seq }) => seq === wanted)!.at
