import { describe, expect, it } from 'vitest'
import { watchOptions } from '../../../src/embed/element-options.js'

const SCRIPT = 'https://status.example.com/team/embed.js?v=1'

const optionsOf = (attributes: Readonly<Record<string, string>>) =>
  watchOptions((name) => attributes[name] ?? null, SCRIPT)

describe('the attributes of <pipeline-status>', () => {
  it('without any it watches everything on the server that its script came from', () => {
    expect(optionsOf({})).toEqual({
      url: 'https://status.example.com/team/',
      feed: 'pipeline-status',
      sources: [],
      token: null,
    })
  })

  it('name another server, feed and token', () => {
    const options = optionsOf({ src: ' https://other.example.com/x ', feed: 'loads', token: 't' })

    expect(options).toMatchObject({
      url: 'https://other.example.com/x',
      feed: 'loads',
      token: 't',
    })
  })

  it.each([
    ['acled', ['acled']],
    [' acled , etl/ucdp ,, acled', ['acled', 'etl/ucdp']],
    ['', []],
    [' , ', []],
    ['__proto__,constructor', ['__proto__', 'constructor']],
    ['a%2Cb,demo/c%252Fd', ['a,b', 'demo/c%252Fd']],
  ])('sources="%s" are the keys %j', (sources, keys) => {
    expect(optionsOf({ sources }).sources).toEqual(keys)
  })

  it('more sources than a request can name are cut', () => {
    const sources = Array.from({ length: 500 }, (_, index) => `s${index}`).join()

    expect(optionsOf({ sources }).sources).toHaveLength(50)
  })
})
