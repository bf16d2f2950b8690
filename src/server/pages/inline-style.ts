import { createHash } from 'node:crypto'

/** A style within a page, and the name by which the page's policy allows it and no other. */
export interface InlineStyle {
  readonly html: string
  /** `sha256-…`. */
  readonly hash: string
}

/** Makes a style element of constant CSS. */
export function inlineStyle(css: string): InlineStyle {
  const digest = createHash('sha256').update(css).digest('base64')
  return { html: `<style>${css}</style>`, hash: `sha256-${digest}` }
}
