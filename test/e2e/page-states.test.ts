import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { faultsInBothThemes } from '../support/accessibility.js'
import { BROWSER_LINE, LIVE, openBoard } from '../support/board-page.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { openSockets, PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const { noSocket, noAnswer, refusal } = BROWSER_LINE

describeInChromium.concurrent('the page, and a server that goes', { timeout: 120_000 }, () => {
  let database: TestDatabase
  let browser: Browser

  beforeAll(async () => {
    database = await createTestDatabase()
    browser = await launchChromium()
    const server = await start()
    await report(server.url, [
      runEvent('COMPLETE', 'acled'),
      runEvent('COMPLETE', 'ucdp'),
      runEvent('FAIL', 'punch', 'connection refused'),
    ])
    await server.kill()
  })

  afterAll(async () => {
    await browser.close()
    await database.drop()
  })

  const start = (env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> =>
    startServer({
      databaseUrl: database.connectionString,
      env: { BROADCAST_INTERVAL_MS: '500', ...env },
    })

  it('is live as soon as there is a server', async ({ onTestFinished }) => {
    const server = await start()
    onTestFinished(() => server.kill())

    const board = await openBoard(browser, server.url)
    await board.shows(LIVE)

    expect((await board.seen()).pills[0]).toBe('Connecting…')
    expect(await faultsInBothThemes(board.page, 'live')).toEqual([])
    expect(board.complaints).toEqual([])
  })

  it('says that it reconnects when the server stops, then how old its data is, and comes back', async ({
    onTestFinished,
  }) => {
    const first = await start()
    const board = await openBoard(browser, first.url, { expected: [noSocket, noAnswer] })
    await board.shows(LIVE)

    await first.kill()
    await board.hasShown(
      /^Reconnecting… attempt \d+, next in \d+ s \| The server cannot be reached$/,
    )
    const faults = await faultsInBothThemes(board.page, 'reconnecting')
    await board.shows(
      /^Data may be out of date: last update \d+ s ago \| Reconnecting… attempt/,
      30_000,
    )
    faults.push(...(await faultsInBothThemes(board.page, 'out-of-date')))
    const second = await start({ PORT: new URL(first.url).port })
    onTestFinished(() => second.kill())
    await report(second.url, runEvent('COMPLETE', 'after-the-stop'))
    await board.shows(LIVE, 30_000)
    await board.page.getByRole('link', { name: 'after-the-stop' }).waitFor()

    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })

  it('says that the server restarts when it is told so, and is live again soon after', async ({
    onTestFinished,
  }) => {
    const first = await start()
    // The page is the last of ten to be let go, and asked to stay away for the longest.
    await openSockets(first.socketUrl + PIPELINE_STATUS_PATH, 9)
    const board = await openBoard(browser, first.url, { expected: [noSocket, noAnswer, refusal] })
    await board.shows(LIVE)

    const { exitCode } = await first.stop()
    await board.hasShown(/^Reconnecting… .*\| The server is restarting$/)
    const faults = await faultsInBothThemes(board.page, 'restarting')
    const second = await start({ PORT: new URL(first.url).port })
    onTestFinished(() => second.kill())
    await board.shows(LIVE, 30_000)

    expect(exitCode).toBe(0)
    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })

  it('notices a server that is frozen, and that it goes on', async ({ onTestFinished }) => {
    const server = await start()
    onTestFinished(() => server.kill())
    const board = await openBoard(browser, server.url, { expected: [noSocket, noAnswer] })
    await board.shows(LIVE)

    server.signal('SIGSTOP')
    await board.hasShown(/^Reconnecting… .*\| The connection went silent$/)
    await board.shows(/^Data may be out of date/, 30_000)
    const faults = await faultsInBothThemes(board.page, 'frozen-server')
    server.signal('SIGCONT')
    await board.shows(LIVE, 30_000)

    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })

  it('knows that the device is offline, and comes back with the network', async ({
    onTestFinished,
  }) => {
    const server = await start()
    onTestFinished(() => server.kill())
    const board = await openBoard(browser, server.url, { expected: [noSocket, noAnswer] })
    await board.shows(LIVE)

    await board.context.setOffline(true)
    await board.shows(/^Reconnecting… .*\| This device is offline$/)
    const faults = await faultsInBothThemes(board.page, 'offline')
    await report(server.url, runEvent('COMPLETE', 'while-offline'))
    await board.context.setOffline(false)
    await board.shows(LIVE)
    await board.page.getByRole('link', { name: 'while-offline' }).waitFor()

    expect(faults).toEqual([])
    expect(board.loads()).toBe(1)
    expect(board.complaints).toEqual([])
  })
})
