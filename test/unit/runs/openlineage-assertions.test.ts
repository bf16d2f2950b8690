import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_ASSERTIONS, readAssertions } from '../../../src/server/runs/openlineage-assertions.js'

const facet = (assertions: unknown) => ({ dataQualityAssertions: { assertions } })

/** An event with these assertions of the dataset `users` of `db`. */
function given(...assertions: readonly unknown[]): unknown {
  return { inputs: [{ namespace: 'db', name: 'users', inputFacets: facet(assertions) }] }
}

const failed = { assertion: 'not_null', success: false }
const passed = { assertion: 'not_null', success: true }

describe('readAssertions', () => {
  it.each([
    ['inputs', 'inputFacets'],
    ['inputs', 'facets'],
    ['outputs', 'outputFacets'],
    ['outputs', 'facets'],
  ])('[OL-assertions] finds them in %s, %s', (side, member) => {
    const event = { [side]: [{ namespace: 'db', name: 'users', [member]: facet([failed]) }] }

    expect(readAssertions(event)).toEqual([{ name: 'not_null on db/users', isSuccess: false }])
  })

  it('[OL-assertions] takes what a producer writes twice for one', () => {
    const dataset = { namespace: 'db', name: 'users', facets: facet([failed]) }

    const assertions = readAssertions({ inputs: [{ ...dataset, inputFacets: facet([failed]) }] })

    expect(assertions).toHaveLength(1)
  })

  it.each([
    ['its name', { name: 'no nulls', assertion: 'not_null', column: 'id' }, 'no nulls on db/users'],
    [
      'what it asserts of a column',
      { assertion: 'not_null', column: 'id' },
      'not_null(id) on db/users',
    ],
    ['what it asserts', { assertion: 'not_null', name: null, column: 7 }, 'not_null on db/users'],
  ])('[OL-assertions] names one by %s, and its dataset', (_what, about, name) => {
    expect(readAssertions(given({ ...about, success: true }))).toEqual([{ name, isSuccess: true }])
  })

  it('[OL-assertions] tells datasets apart, and needs neither their namespace nor their name', () => {
    const inputs = [{ namespace: 'a', name: 'x' }, { namespace: 'b', name: 'x' }, { name: 'x' }, {}]
    const withFacet = inputs.map((dataset) => ({ ...dataset, facets: facet([passed]) }))

    expect(readAssertions({ inputs: withFacet })?.map(({ name }) => name)).toEqual([
      'not_null on a/x',
      'not_null on b/x',
      'not_null on x',
      'not_null',
    ])
  })

  it.each([
    ['error', undefined],
    ['ERROR', undefined],
    ['of its own', undefined],
    [undefined, undefined],
    [null, undefined],
    [7, undefined],
    ['warn', true],
    ['WARN', true],
    ['warning', true],
    ['info', true],
  ])('[OL-assertions] of the severity %j is a warning: %j', (severity, isWarning) => {
    const [assertion] = readAssertions(given({ ...failed, severity }))!

    expect(assertion?.isWarning).toBe(isWarning)
  })

  it('[OL-assertions] keeps the worst of those with one name', () => {
    const warned = { ...failed, severity: 'warn' }

    for (const order of [
      [failed, passed, warned],
      [warned, passed, failed],
    ]) {
      expect(readAssertions(given(...order))).toEqual([
        { name: 'not_null on db/users', isSuccess: false },
      ])
    }
  })

  it('[OL-assertions] keeps 200 of an event, those that fail before the others', () => {
    const many = Array.from({ length: 300 }, (_, number) => ({
      name: `test ${number}`,
      success: number < 200,
    }))

    const assertions = readAssertions(given(...many))!

    expect(assertions).toHaveLength(MAX_ASSERTIONS)
    expect(assertions.filter(({ isSuccess }) => !isSuccess)).toHaveLength(100)
  })

  it('[OL-assertions] keeps a long name short, and different from its neighbours', () => {
    const names = ['a', 'b'].map(
      (end) => readAssertions(given({ name: `${'n'.repeat(300)}${end}`, success: true }))![0]!.name,
    )

    expect(names.map((name) => name.length)).toEqual([200, 200])
    expect(names[0]).not.toBe(names[1])
  })

  it.each([
    ['no facet', {}],
    ['no list', { inputs: [{ facets: facet('none') }] }],
    ['no datasets', { inputs: 'none' }],
    ['no success', given({ assertion: 'not_null' })],
    ['a success in letters', given({ assertion: 'not_null', success: 'false' })],
    ['nothing that is asserted', given({ success: false, column: 'id' })],
    ['no object', given(null, 7, 'x', [])],
  ])('[OL-assertions] are none where there is %s', (_what, event) => {
    expect(readAssertions(event)).toBeUndefined()
  })

  it('[OL-assertions] whatever the facet, nothing is thrown and names are short', () => {
    const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(failed, passed))
    fc.assert(
      fc.property(fc.array(anything), fc.jsonValue(), (assertions, dataset) => {
        const event = { inputs: [dataset, { ...Object(dataset), facets: facet(assertions) }] }
        for (const { name } of readAssertions(event) ?? []) {
          expect(name.length).toBeLessThanOrEqual(200)
        }
      }),
    )
  })
})
