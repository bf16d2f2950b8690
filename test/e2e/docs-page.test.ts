import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  describeInChromium,
  launchChromium,
  NO_TROUBLES,
  openContext,
} from '../support/chromium.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

describeInChromium('the API pages', () => {
  let browser: Browser
  let database: TestDatabase
  let server: ServerProcess

  beforeAll(async () => {
    browser = await launchChromium()
    database = await createTestDatabase()
    server = await startServer({ databaseUrl: database.connectionString })
  })

  afterAll(async () => {
    await browser.close()
    await server.kill()
    await database.drop()
  })

  it('show the routes at /docs without an error in the browser', async () => {
    const { context, troubles } = await openContext(browser)
    const page = await context.newPage()

    await page.goto(`${server.url}/docs`)
    await page.getByText('/api/v1/public/health').first().waitFor()

    expect(await page.title()).toBe('Swagger UI')
    expect(troubles).toEqual(NO_TROUBLES)
  })

  it('can be read over plain HTTP: nothing asks the browser for https', async () => {
    const { headers } = await server.get('/docs')

    expect(headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests')
  })

  it('an error in a page, on its console or of a request is seen', async () => {
    const { context, troubles } = await openContext(browser)
    const page = await context.newPage()

    await page.evaluate(
      `console.error('told'); setTimeout(() => { throw new Error('thrown') }); fetch('http://127.0.0.1:1').catch(() => {})`,
    )

    await expect.poll(() => troubles.pageErrors.join()).toContain('thrown')
    await expect.poll(() => troubles.failedRequests.join()).toContain('http://127.0.0.1:1')
    expect(troubles.consoleErrors).toContain('told')
  })
})
