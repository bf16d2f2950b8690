import { describe, expect, it } from 'vitest'
import { createPicker } from '../../../src/client/pick-sources.js'

const document = { status: 'Healthy', sources: { a: { n: 1 }, b: { n: 2 }, c: { n: 3 } } }

describe('a selection of sources', () => {
  it('[P9.4] is everything unless something else is asked for', () => {
    expect(createPicker({})(document)).toBe(document)
    expect(createPicker({ view: 'full' })(document)).toBe(document)
  })

  it('[P9.4] holds the sources that were named and are there, and all the rest', () => {
    const pick = createPicker({ sources: ['c', 'a', 'nowhere'] })

    expect(pick(document)).toEqual({ status: 'Healthy', sources: { a: { n: 1 }, c: { n: 3 } } })
  })

  it('[P9.4] leaves all of them out of the totals', () => {
    expect(createPicker({ view: 'totals' })(document)).toEqual({ status: 'Healthy', sources: {} })
  })

  it('[P9.4] is the same object for as long as nothing in it changes', () => {
    const pick = createPicker({ sources: ['a'] })
    const first = pick(document)

    const second = pick({ ...document, sources: { ...document.sources, b: { n: 9 } } })

    expect(second).toBe(first)
  })

  it('[P9.4] leaves a document of another shape alone', () => {
    expect(createPicker({ sources: ['a'] })([1])).toEqual([1])
    expect(createPicker({ sources: ['a'] })(null)).toBeNull()
  })
})
