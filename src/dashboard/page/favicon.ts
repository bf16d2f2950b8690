import type { HealthStatus } from '../../protocol/index.js'

const COLOURS: Readonly<Record<HealthStatus, string>> = {
  Failing: '#c6262e',
  Degraded: '#a15c00',
  Late: '#a15c00',
  Unknown: '#59636e',
  Healthy: '#1a7f37',
  Paused: '#59636e',
}

/**
 * The icon of the tab: the worst status by its colour, and how many sources and pipelines fail.
 *
 * @param status - `undefined` when it is not known.
 * @returns a data URL.
 */
export function faviconUrl(status: HealthStatus | undefined, failing: number): string {
  const colour = COLOURS[status ?? 'Unknown']
  const count = failing > 99 ? '99' : String(failing)
  const inside =
    failing > 0
      ? `<text x="16" y="23" font-family="sans-serif" font-size="${count.length > 1 ? 17 : 21}" font-weight="700" text-anchor="middle" fill="#fff">${count}</text>`
      : '<path d="M6 17h6l3-8 4 15 3-7h4" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>'
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${colour}"/>${inside}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
