import { describe, expect, it } from 'vitest'
import { pageDocument, STATUS_MARKER } from '../../../src/server/pages/page-document.js'

const builtPage = `<html><head><title>x</title></head><body><div>${STATUS_MARKER}</div></body></html>`

describe('the document', () => {
  it('[P1.11] holds the content, and a link to reload it, for readers without JavaScript only', () => {
    const html = pageDocument(builtPage, '<p>fine</p>')

    expect(html).toContain(
      '<div><noscript>\n<main>\n<p>fine</p>\n<p><a href="">Reload</a></p>\n</main>\n</noscript></div>',
    )
    expect(html).toMatch(/<head>.*<noscript><style>.*<\/noscript>/s)
  })

  it('takes content as it is, also what looks like a pattern of replacement', () => {
    const html = pageDocument(builtPage, "$& $' $` $1 $$")

    expect(html).toContain("<main>\n$& $' $` $1 $$\n<p>")
  })
})
