import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EMBED_STYLE, embedPage } from '../../../src/server/pages/embed-page.js'

describe('the page for frames', () => {
  it('hands what was asked for to its element, and nothing else', () => {
    expect(embedPage({})).toContain('<pipeline-status></pipeline-status>')
    expect(embedPage({ sources: 'a,b', theme: 'dark', compact: '1' })).toContain(
      '<pipeline-status sources="a,b" theme="dark" compact="1"></pipeline-status>',
    )
  })

  it('what was asked for never becomes markup', () => {
    const html = embedPage({ sources: `"><script>alert(1)</script><i a='`, token: '"&' })

    expect(html).toContain(
      '<pipeline-status sources="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;i a=&#39;" token="&quot;&amp;">',
    )
  })

  it('its one style is the one that its policy allows', () => {
    const style = /<style>(.*)<\/style>/.exec(embedPage({}))?.[1] ?? ''

    const digest = createHash('sha256').update(style).digest('base64')
    expect(EMBED_STYLE.hash).toBe(`sha256-${digest}`)
  })
})
