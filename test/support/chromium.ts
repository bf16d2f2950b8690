import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from 'playwright-core'
import { describe } from 'vitest'

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const isInstalled = existsSync(executablePath)

/**
 * Use it in place of `describe` for what needs a browser. Without one the tests are skipped, and
 * one line says how to get it.
 */
export const describeInChromium = describe.skipIf(!isInstalled)

if (!isInstalled) {
  console.warn(
    `skipped: tests in a browser. There is no Chromium at ${executablePath}: run "apt-get install -y --no-install-recommends chromium", or set CHROMIUM_PATH`,
  )
}

/** What went wrong in a browser, in the order in which it did. */
export interface Troubles {
  /** Errors on the console, among them each violation of a Content-Security-Policy. */
  readonly consoleErrors: readonly string[]
  /** Errors that no script caught. */
  readonly pageErrors: readonly string[]
  /** Requests without an answer: `<why> <url>`. An answer of 404 is a console error instead. */
  readonly failedRequests: readonly string[]
}

/** Nothing at all went wrong: `expect(troubles).toEqual(NO_TROUBLES)`. */
export const NO_TROUBLES: Troubles = { consoleErrors: [], pageErrors: [], failedRequests: [] }

/** A fresh profile, as an incognito window, and what went wrong in all of its pages. */
export interface WatchedContext {
  readonly context: BrowserContext
  readonly troubles: Troubles
}

const ARGS = [
  '--no-sandbox', // tests may run as root
  '--disable-gpu',
  '--disable-background-networking',
  '--no-proxy-server',
]

/** Starts Chromium; close it in `afterAll`. Start-up takes a second or two, a context almost none. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGS })
}

/**
 * Starts Chromium with a profile that blocks cookies and all else that pages keep. Closing the
 * context ends it.
 *
 * @param profile - an empty folder.
 */
export async function launchWithoutStorage(profile: string): Promise<BrowserContext> {
  await mkdir(join(profile, 'Default'))
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } }
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  return chromium.launchPersistentContext(profile, { executablePath, args: ARGS })
}

/** Opens a fresh profile, which is closed with the browser at the latest. */
export async function openContext(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<WatchedContext> {
  const context = await browser.newContext(options)
  const consoleErrors: string[] = []
  const pageErrors: string[] = []
  const failedRequests: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push(message.text())
  })
  context.on('weberror', (error) => {
    const thrown = error.error()
    pageErrors.push(thrown.stack ?? thrown.message)
  })
  context.on('requestfailed', (request) => {
    failedRequests.push(`${request.failure()?.errorText ?? 'failed'} ${request.url()}`)
  })
  return { context, troubles: { consoleErrors, pageErrors, failedRequests } }
}
