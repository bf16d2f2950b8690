import { describe, expect, it } from 'vitest'
import { pageDocument, STATUS_MARKER } from '../../../src/server/pages/page-document.js'

const builtPage = `<html><head><title>x</title></head><body><div>${STATUS_MARKER}</div></body></html>`

describe('the document', () => {
  it('[P1.11] holds the content, and a link to reload it, for readers without JavaScript only', () => {
    const html = pageDocument(builtPage, { noScript: '<p>fine</p>' })

    expect(html).toContain(
      '<div><noscript>\n<main>\n<p>fine</p>\n<p><a href="">Reload</a></p>\n</main>\n</noscript></div>',
    )
    expect(html).toMatch(/<head>.*<noscript><style>.*<\/noscript>/s)
  })

  it('takes content as it is, also what looks like a pattern of replacement', () => {
    const html = pageDocument(builtPage, { noScript: "$& $' $` $1 $$" })

    expect(html).toContain("<main>\n$& $' $` $1 $$\n<p>")
  })

  it('[P1.11] holds the newest frame as data, which nothing within can turn into a script', () => {
    const frameJson = JSON.stringify({ seq: 7, data: { name: '</script><script>$&<!--' } })

    const html = pageDocument(builtPage, { noScript: '', frameJson })
    const [, json = ''] =
      /<script type="application\/json" id="newest">(.*)<\/script>/.exec(html) ?? []

    expect(JSON.parse(json)).toEqual(JSON.parse(frameJson))
    expect(json).not.toContain('<')
    expect(html.match(/<script/g)).toHaveLength(1)
  })

  it('[P1.11] leaves a frame of more than 100,000 characters to the connection', () => {
    const frameOf = (length: number) => `"${'x'.repeat(length - 2)}"`

    const most = pageDocument(builtPage, { noScript: '', frameJson: frameOf(100_000) })
    const more = pageDocument(builtPage, { noScript: '', frameJson: frameOf(100_001) })

    expect(most).toContain('id="newest"')
    expect(more).not.toContain('<script')
  })
})
