import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { PIPELINE_STATUS_STREAM } from '../support/stream-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

/** What a page has heard on its EventSource. */
interface Heard {
  readonly opens: number
  /** The state of the EventSource at each error: 0 means that it comes back by itself. */
  readonly stateAtErrors: readonly number[]
  readonly frames: readonly {
    readonly type: string
    readonly seq?: number
    readonly receivedAt: number
    readonly lastEventId: string
  }[]
}

describeInChromium('the EventSource of Chromium', () => {
  let database: TestDatabase
  let browser: Browser

  beforeAll(async () => {
    database = await createTestDatabase()
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser.close()
    await database.drop()
  })

  it('[P5.7] [P5.4] comes back by itself at the maximum age, soon and without a repetition', async () => {
    const env = { MAX_CONNECTION_AGE_MS: '3000', MAX_CONNECTIONS: '1' }
    const server = await startServer({ databaseUrl: database.connectionString, env })
    const page = await listen(browser, server)
    for (let number = 0; number < 8; number += 1) {
      await report(server.url, runEvent('COMPLETE', `job-${number}`))
      await delay(1_000)
    }

    const { opens, stateAtErrors, frames } = await heardOn(page)
    await server.kill()

    const updates = frames.filter(({ type }) => type === 'pipeline_status_update')
    const seqs = updates.map(({ seq = 0 }) => seq)
    const closings = frames.filter(({ type }) => type === 'connection_closing')
    console.log(
      `8 s over streams of 3 s: ${opens} streams, ${updates.length} updates, seq ${seqs[0] ?? 0} to ${seqs.at(-1) ?? 0}`,
    )
    expect(opens).toBeGreaterThanOrEqual(3)
    expect([opens - 1, opens]).toContain(closings.length) // the last may have just been announced
    expect(new Set(stateAtErrors)).toEqual(new Set([0]))
    expect(new Set(seqs).size).toBe(seqs.length)
    expect(seqs.at(-1)! - seqs[0]!).toBeGreaterThanOrEqual(6)
    expect(updates.every(({ seq, lastEventId }) => lastEventId.endsWith(`:${String(seq)}`))).toBe(
      true,
    )
    for (const closing of closings) {
      const next = frames.find(({ type, receivedAt }) => {
        return type === 'connection_status' && receivedAt > closing.receivedAt
      })
      const endMs = 3_000 / 10 // from the notice to the end
      if (next !== undefined)
        expect(next.receivedAt - closing.receivedAt).toBeLessThan(endMs + 1_500)
    }
  })

  it('[P5.7] comes back after a restart, no earlier than it was told', async () => {
    const first = await startServer({ databaseUrl: database.connectionString })
    const page = await listen(browser, first)
    await expect.poll(async () => (await heardOn(page)).frames.length).toBeGreaterThan(1)

    await first.stop()
    const second = await startServer({
      databaseUrl: database.connectionString,
      env: { PORT: new URL(first.url).port },
    })
    await expect.poll(async () => (await heardOn(page)).opens, { timeout: 15_000 }).toBe(2)

    const { frames } = await heardOn(page)
    await second.kill()
    const closing = frames.find(({ type }) => type === 'connection_closing')!
    const greetings = frames.filter(({ type }) => type === 'connection_status')
    expect(greetings).toHaveLength(2)
    expect(greetings[1]!.receivedAt - closing.receivedAt).toBeGreaterThanOrEqual(490)
  })
})

async function listen(browser: Browser, server: ServerProcess): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(`${server.url}/health`)
  await page.evaluate((url) => {
    const frames: object[] = []
    const heard = { opens: 0, stateAtErrors: [] as number[], frames }
    Object.assign(globalThis, { heard })
    const Source = (globalThis as unknown as { EventSource: new (url: string) => WebSocket })
      .EventSource
    const source = new Source(url)
    source.onopen = () => (heard.opens += 1)
    source.onerror = () => heard.stateAtErrors.push(source.readyState)
    source.onmessage = ({ data, lastEventId }) => {
      const frame = JSON.parse(String(data)) as object
      frames.push({ ...frame, receivedAt: performance.now(), lastEventId })
    }
  }, PIPELINE_STATUS_STREAM)
  return page
}

function heardOn(page: Page): Promise<Heard> {
  return page.evaluate(() => (globalThis as unknown as { heard: Heard }).heard)
}
