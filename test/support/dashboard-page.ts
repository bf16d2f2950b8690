import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { openContext, type Troubles } from './chromium.js'

/** The page in a fresh profile. */
export interface DashboardPage {
  readonly page: Page
  readonly troubles: Troubles
  /** What it says of its connection. */
  readonly pill: Locator
  /** The row of a source, by its name. */
  readonly row: (name: string) => Locator
  readonly close: () => Promise<void>
}

/** Opens the page and waits until its script has drawn something. */
export async function openDashboard(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<DashboardPage> {
  const { context, troubles } = await openContext(browser, options)
  const page = await context.newPage()
  await page.goto(url)
  await page.locator('.pill').waitFor()
  return {
    page,
    troubles,
    pill: page.locator('.pill'),
    row: (name) =>
      page.locator('.source-row', { has: page.getByRole('link', { name, exact: true }) }),
    close: () => context.close(),
  }
}
