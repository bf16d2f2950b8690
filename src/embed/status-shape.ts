import type { HealthStatus } from '../protocol/index.js'

const SVG = 'http://www.w3.org/2000/svg'

/** Each status has a shape of its own, in a square of 16: nobody has to tell colours apart. */
const PATHS: Readonly<Record<HealthStatus, string>> = {
  Healthy: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-1.2 10.2L3.9 8.3l1.2-1.2 1.7 1.7 4.1-4.1 1.2 1.2Z',
  Unknown: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 2a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z',
  Late: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm.9 7.4 3 1.8-.9 1.5L7.2 9.4V3.9h1.7Z',
  Degraded: 'M8 1 15.5 14.5H.5ZM7.1 5.8v4.4h1.8V5.8Zm0 5.6v1.8h1.8v-1.8Z',
  Failing:
    'M4.9 1h6.2L15 4.9v6.2L11.1 15H4.9L1 11.1V4.9Zm.3 2.9L3.9 5.2 6.7 8l-2.8 2.8 1.3 1.3L8 9.3l2.8 2.8 1.3-1.3L9.3 8l2.8-2.8-1.3-1.3L8 6.7Z',
  Paused: 'M3 2h3.6v12H3Zm6.4 0H13v12H9.4Z',
}

/** Draws the shape of a status; the word stands beside it, so readers of the screen skip it. */
export function createShape(): { readonly node: SVGSVGElement; show(status: HealthStatus): void } {
  const node = document.createElementNS(SVG, 'svg')
  const path = document.createElementNS(SVG, 'path')
  node.setAttribute('viewBox', '0 0 16 16')
  node.setAttribute('aria-hidden', 'true')
  path.setAttribute('fill', 'currentColor')
  path.setAttribute('fill-rule', 'evenodd')
  node.append(path)
  return {
    node,
    show: (status) => {
      path.setAttribute('d', PATHS[status])
      node.setAttribute('class', status)
    },
  }
}
