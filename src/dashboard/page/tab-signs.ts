import type { PipelineStatus } from '../../protocol/index.js'
import { documentTitle } from '../status/headline.js'
import { failingCount } from '../status/problems.js'
import { faviconUrl } from './favicon.js'

/**
 * Shows in the tab how it is: a board is watched from behind other tabs, too.
 *
 * @param isOutOfDate - nobody knows whether it still is so.
 */
export function showInTab(data: PipelineStatus | undefined, isOutOfDate: boolean): void {
  const title = documentTitle(data, isOutOfDate)
  if (document.title !== title) document.title = title
  const status = isOutOfDate ? undefined : data?.status
  const icon = faviconUrl(status, data === undefined ? 0 : failingCount(data))
  const link = iconLink()
  if (link.getAttribute('href') !== icon) link.setAttribute('href', icon)
}

function iconLink(): HTMLLinkElement {
  const found = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  if (found !== null) return found
  const link = document.createElement('link')
  link.rel = 'icon'
  link.type = 'image/svg+xml'
  document.head.append(link)
  return link
}
