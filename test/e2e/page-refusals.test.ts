import { SignJWT } from 'jose'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, type TestContext, vi } from 'vitest'
import { faultsInBothThemes } from '../support/accessibility.js'
import { BROWSER_LINE, LIVE, openBoard } from '../support/board-page.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { openSocket, PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { startSubpathProxy, type SubpathProxy } from '../support/subpath-proxy.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const POLLING = /^Polling Mode \(WebSocket Unavailable\) \| Fetching updates every 5 seconds$/
const STREAM = /^Live \(Server-Sent Events\) \| Receiving live updates via server-sent events$/
const SECRET = 'a-secret-of-more-than-32-characters-for-tests'
const { noSocket, noAnswer, refusal, badGateway } = BROWSER_LINE

let database: TestDatabase
let browser: Browser

async function start(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const server = await startServer({
    databaseUrl: database.connectionString,
    env: { BROADCAST_INTERVAL_MS: '500', ...env },
  })
  onTestFinished(() => server.kill())
  return server
}

async function startBehindProxy(
  test: TestContext,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly server: ServerProcess; readonly proxy: SubpathProxy }> {
  const server = await start(test, env)
  const proxy = await startSubpathProxy(server.url, '/')
  test.onTestFinished(() => proxy.close())
  return { server, proxy }
}

function sign(secondsLeft: number): Promise<string> {
  return new SignJWT({ sub: 'viewer' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.ceil(Date.now() / 1_000) + secondsLeft)
    .sign(new TextEncoder().encode(SECRET))
}

describeInChromium.concurrent('the page that is refused', { timeout: 150_000 }, () => {
  beforeAll(async () => {
    database = await createTestDatabase()
    browser = await launchChromium()
    const server = await startServer({ databaseUrl: database.connectionString })
    await report(server.url, [runEvent('COMPLETE', 'acled'), runEvent('FAIL', 'punch', 'x')])
    await server.kill()
  })

  afterAll(async () => {
    await browser.close()
    await database.drop()
  })

  it('says how full the server is, polls, and is live when a place is free', async (test) => {
    const server = await start(test, { MAX_CONNECTIONS: '1' })
    const holder = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)

    const board = await openBoard(browser, server.url, { expected: [noSocket, refusal] })
    await board.shows(/^Server is at capacity \(1 of 1\) \| Fetching updates every 5 seconds$/)
    await board.page.getByRole('link', { name: 'acled' }).waitFor()
    const faults = await faultsInBothThemes(board.page, 'at-capacity')
    await report(server.url, runEvent('COMPLETE', 'while-full'))
    await board.page.getByRole('link', { name: 'while-full' }).waitFor()
    await holder.leave()
    await board.shows(LIVE, 60_000)

    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })

  it('says that its address has too many connections, and is live when one is free', async (test) => {
    const server = await start(test, { MAX_CONNECTIONS_PER_ADDRESS: '1' })
    const holder = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)

    const board = await openBoard(browser, server.url, { expected: [noSocket, refusal] })
    await board.shows(
      /^Polling .* \| Too many connections from this address: fetching every 5 seconds$/,
    )
    await board.page.getByRole('link', { name: 'acled' }).waitFor()
    const faults = await faultsInBothThemes(board.page, 'address-limit')
    await holder.leave()
    await board.shows(LIVE, 60_000)

    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })

  it('is live without a socket where its origin is not allowed, and with one once it is', async (test) => {
    const closed = { NODE_ENV: 'production', INGEST_TOKENS: 'an-ingest-token-0123456789' }
    const { server, proxy } = await startBehindProxy(test, closed)
    proxy.manners.keepsHost = false // so the page has another origin than the server knows

    const board = await openBoard(browser, proxy.url, {
      expected: [noSocket, noAnswer, badGateway],
    })
    await board.page.getByRole('link', { name: 'acled' }).waitFor()
    await board.shows(STREAM)
    const faults = await faultsInBothThemes(board.page, 'origin-not-allowed')
    await server.kill()
    await start(test, {
      ...closed,
      PORT: new URL(server.url).port,
      ALLOWED_ORIGINS: new URL(proxy.url).origin,
    })
    await board.shows(LIVE, 60_000)

    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })

  it.for(['refuse', 'cut'] as const)(
    'takes server-sent events where a proxy blocks upgrades (%s), and a socket when it stops that',
    async (upgrades, test) => {
      const { server, proxy } = await startBehindProxy(test)
      proxy.manners.upgrades = upgrades

      const board = await openBoard(browser, proxy.url, { expected: [noSocket, noAnswer] })
      await board.page.getByRole('link', { name: 'acled' }).waitFor()
      await board.shows(STREAM)
      const faults = await faultsInBothThemes(board.page, `server-sent-events`)
      await report(server.url, runEvent('COMPLETE', `by-stream-${upgrades}`))
      await board.page.getByRole('link', { name: `by-stream-${upgrades}` }).waitFor()
      proxy.manners.upgrades = 'pass'
      // By itself it looks for a socket when the stream ends; a network that comes back is a reason
      // to look now. What it opens in the moment between the two words may fail and cost a turn.
      await vi.waitFor(
        async () => {
          await board.context.setOffline(true)
          await board.context.setOffline(false)
          await board.shows(LIVE, 10_000)
        },
        { timeout: 80_000 },
      )

      expect(faults).toEqual([])
      expect(board.loads()).toBe(1)
      expect(board.complaints).toEqual([])
    },
  )

  it.for(['hold', 'refuse'] as const)(
    'polls where a proxy blocks upgrades and does this to streams: %s',
    async (streams, test) => {
      const { server, proxy } = await startBehindProxy(test)
      Object.assign(proxy.manners, { upgrades: 'refuse', streams })

      const board = await openBoard(browser, proxy.url, { expected: [noSocket, badGateway] })
      await board.shows(POLLING)
      const faults = await faultsInBothThemes(board.page, 'polling')
      await report(server.url, runEvent('COMPLETE', `by-polling-${streams}`))
      await board.page.getByRole('link', { name: `by-polling-${streams}` }).waitFor()
      Object.assign(proxy.manners, { upgrades: 'pass', streams: 'pass' })
      await board.page.getByRole('button', { name: 'Retry now' }).click()
      await board.shows(LIVE, 60_000)

      expect(faults).toEqual([])
      expect(board.loads()).toBe(1)
      expect(board.complaints).toEqual([])
    },
  )

  it('wants a token where one is needed, and again when it has expired', async (test) => {
    const server = await start(test, { VIEW_JWT_SECRET: SECRET })
    const board = await openBoard(browser, server.url, { expected: [noSocket, refusal] })
    const signIn = async (token: string) => {
      await board.page.getByLabel('Token').fill(token)
      await board.page.keyboard.press('Enter')
    }

    await board.shows(/^Sign-in required \|/)
    const faults = await faultsInBothThemes(board.page, 'sign-in')
    await signIn(await sign(-60))
    await board.page.getByRole('alert').waitFor()
    faults.push(...(await faultsInBothThemes(board.page, 'token-refused')))
    await signIn(await sign(4))
    await board.shows(LIVE)
    await board.page.getByRole('link', { name: 'acled' }).waitFor()
    await board.shows(/^Sign-in required \|/, 60_000) // expired; the server leaves 25 s to renew it
    faults.push(...(await faultsInBothThemes(board.page, 'sign-in-again')))
    await signIn(await sign(600))
    await board.shows(LIVE)

    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })

  it('stays away once it is told to, says so, and comes back when somebody wants it', async (test) => {
    const server = await start(test)
    let isForbidden = true
    const board = await openBoard(browser, server.url, {
      prepare: (context) =>
        context.routeWebSocket(/\/ws\//, (socket) => {
          const upstream = socket.connectToServer()
          if (isForbidden) setTimeout(() => void socket.close({ code: 1008 }), 1_000)
          socket.onMessage((message) => upstream.send(message))
        }),
    })
    await board.shows(LIVE)

    await board.shows(/^Disconnected \| The server ended the connection$/)
    const faults = await faultsInBothThemes(board.page, 'disconnected')
    isForbidden = false
    await board.page.getByRole('button', { name: 'Retry now' }).click()
    await board.shows(LIVE)

    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })
})
