import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_VIEW_LENGTH, MAX_VIEW_SOURCES } from '../../../src/protocol/index.js'
import { requestedView } from '../../../src/server/http/requested-view.js'

const keys = (count: number) => Array.from({ length: count }, (_, index) => `k${index}`).join(',')

describe('the view that a query asks for', () => {
  it.each([
    [{}, {}],
    [{ view: 'full', token: 'x' }, {}],
    [{ view: 'totals' }, { view: 'totals' }],
    [{ sources: '' }, { sources: [] }],
    [{ sources: 'b,a,b' }, { sources: ['a', 'b'] }],
    [{ sources: 'b', view: 'full' }, { sources: ['b'] }],
    [{ sources: ['b', 'c,a'] }, { sources: ['a', 'b', 'c'] }],
    [{ sources: 'a%2Cb,a%2Fb' }, { sources: ['a%2Fb', 'a,b'] }],
  ])('[P1.13] %j is %j', (query, view) => {
    expect(requestedView(query)).toEqual(view)
  })

  it.each([
    [{ view: 'Totals' }, 'full or totals'],
    [{ view: '' }, 'full or totals'],
    [{ view: ['totals', 'totals'] }, 'full or totals'],
    [{ view: 'totals', sources: 'a' }, 'not for both'],
    [{ sources: 'a,,b' }, 'empty key'],
    [{ sources: ['a', ''] }, 'empty key'],
    [{ sources: keys(MAX_VIEW_SOURCES + 1) }, 'more than 100'],
    [{ sources: 'x'.repeat(MAX_VIEW_LENGTH + 1) }, 'longer than 4000'],
  ])('[P1.13] %j cannot be understood', (query, message) => {
    expect(() => requestedView(query)).toThrow(
      expect.objectContaining({
        statusCode: 400,
        code: 'bad_view',
        message: expect.stringContaining(message) as string,
      }),
    )
  })

  it('[P1.13] as many sources, and as long ones, as are allowed', () => {
    expect(requestedView({ sources: keys(MAX_VIEW_SOURCES) }).sources).toHaveLength(100)
    expect(requestedView({ sources: 'x'.repeat(MAX_VIEW_LENGTH) }).sources).toHaveLength(1)
  })

  it('[P1.13] any query is a view or a bad one, and nothing else', () => {
    const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.constantFrom('totals', 'full'))
    fc.assert(
      fc.property(fc.record({ sources: value, view: value }, { requiredKeys: [] }), (query) => {
        let code = 'fine'
        try {
          requestedView(query)
        } catch (error) {
          code = (error as { code: string }).code
        }
        expect(['fine', 'bad_view']).toContain(code)
      }),
    )
  })
})
