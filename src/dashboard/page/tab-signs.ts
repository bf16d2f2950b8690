import type { PipelineStatus } from '../../protocol/index.js'
import { documentTitle } from '../status/headline.js'
import { faviconUrl } from './favicon.js'

/** Shows in the tab how it is: a board is watched from behind other tabs, too. */
export function showInTab(data: PipelineStatus | undefined): void {
  const title = documentTitle(data)
  if (document.title !== title) document.title = title
  const icon = faviconUrl(data?.status, data?.totals.failing ?? 0)
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
