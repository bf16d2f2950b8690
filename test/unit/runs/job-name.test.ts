import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalName, MAX_NAME_LENGTH } from '../../../src/server/runs/job-name.js'

describe('canonicalName', () => {
  it('[OL-names] keeps a name of 512 characters and cuts a longer one to 512', () => {
    const longest = 'n'.repeat(512)

    expect(canonicalName(longest)).toBe(longest)
    expect(canonicalName(`${longest}n`)).toMatch(/^n{495}…[0-9a-f]{16}$/)
  })

  it('[OL-names] long names that differ only at the end stay different, and stay the same', () => {
    const prefix = 'n'.repeat(600)

    expect(canonicalName(`${prefix}a`)).not.toBe(canonicalName(`${prefix}b`))
    expect(canonicalName(`${prefix}a`)).toBe(canonicalName(`${prefix}a`))
  })

  it('[OL-names] never cuts a character in half', () => {
    const name = canonicalName(`${'n'.repeat(494)}${'😀'.repeat(20)}`)

    expect(name).toMatch(/^n{494}…[0-9a-f]{16}$/)
  })

  it.each([[''], [null], [undefined], [5], [{}], [['a']]])('[OL-names] %j is no name', (value) => {
    expect(canonicalName(value)).toBeNull()
  })

  it('[OL-names] a canonical name stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 700 }), (text) => {
        const name = canonicalName(text)

        expect(name?.length).toBeLessThanOrEqual(MAX_NAME_LENGTH)
        expect(canonicalName(name)).toBe(name)
      }),
    )
  })
})
