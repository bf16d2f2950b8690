import axe from 'axe-core'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

const screenshotDir = join(import.meta.dirname, '..', '..', 'test-results', 'screenshots')

/** Runs in the page. What axe cannot decide, as text over a picture, it does not count as wrong. */
const FAULTS_WITHIN = `(async (part) => {
  const { violations, passes } = await axe.run(part)
  const faults = violations.map(({ id, help, nodes }) => [id, help, ...nodes.slice(0, 3).map(
    ({ html, failureSummary }) => html + ' ' + failureSummary)].join(': '))
  return passes.some(({ id }) => id === 'color-contrast') ? faults : [...faults, 'contrast was not looked at']
})`

/**
 * What axe finds wrong, by WCAG 2.2 AA and by good practice, each as its rule and the first elements
 * that break it.
 *
 * @param part - a selector.
 * @returns empty when all is well.
 */
export async function accessibilityFaults(page: Page, part = 'html'): Promise<readonly string[]> {
  // Not as a script of the page, whose policy would forbid it.
  if (!(await page.evaluate<boolean>(`'axe' in window`))) await page.evaluate(axe.source)
  return page.evaluate<string[]>(`${FAULTS_WITHIN}(${JSON.stringify(part)})`)
}

/**
 * Looks at the page in both themes: axe runs, and a screenshot of each is kept in
 * `test-results/screenshots`.
 *
 * @returns what axe finds wrong; empty when all is well.
 */
export async function faultsInBothThemes(page: Page, name: string): Promise<string[]> {
  mkdirSync(screenshotDir, { recursive: true })
  const faults: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const path = join(screenshotDir, `${name}-${colorScheme}.png`)
    await page.screenshot({ path, animations: 'disabled' })
    const found = await accessibilityFaults(page)
    faults.push(...found.map((fault) => `${name}, ${colorScheme}: ${fault}`))
  }
  return faults
}
