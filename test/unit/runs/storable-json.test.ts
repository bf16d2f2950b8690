import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_LEVELS, storableJson, TOO_DEEP } from '../../../src/server/runs/storable-json.js'

function nestArrays(levels: number, innermost: unknown): unknown {
  let value = innermost
  for (let level = 0; level < levels; level += 1) value = [value]
  return value
}

describe('storableJson', () => {
  it('[OL-secrets] redacts a secret member, whatever its value', () => {
    const value = { password: 'x', token: 5, secret: { a: 1 }, credentials: ['a'], apiKey: null }

    expect(storableJson(value)).toEqual({
      password: '[redacted]',
      token: '[redacted]',
      secret: '[redacted]',
      credentials: '[redacted]',
      apiKey: '[redacted]',
    })
  })

  it('[OL-secrets] redacts the value beside a secret name', () => {
    const variables = [
      { name: 'DB_PASSWORD', value: 'hunter2' },
      { key: 'api-token', value: 'abc', source: 'dag' },
      { name: 'password', type: 'varchar' },
      { name: 'HOME', value: '/root' },
    ]

    expect(storableJson(variables)).toEqual([
      { name: 'DB_PASSWORD', value: '[redacted]' },
      { key: 'api-token', value: '[redacted]', source: 'dag' },
      { name: 'password', type: 'varchar' },
      { name: 'HOME', value: '/root' },
    ])
  })

  it('[OL-secrets] redacts text in values and in keys', () => {
    expect(storableJson({ 'pg://u:pw@h': ['see pg://u:pw@h'] })).toEqual({
      'pg://u:[redacted]@h': ['see pg://u:[redacted]@h'],
    })
  })

  it('[OL-text] replaces NUL and lone surrogates in values and in keys, and keeps pairs', () => {
    expect(storableJson({ 'a\0': 'b\ud800', '😀': '\udc00😀' })).toEqual({
      'a\uFFFD': 'b\uFFFD',
      '😀': '\uFFFD😀',
    })
  })

  it('[OL-depth] keeps 64 levels and replaces the next', () => {
    expect(storableJson(nestArrays(MAX_LEVELS, 'x'))).toEqual(nestArrays(MAX_LEVELS, 'x'))
    expect(storableJson(nestArrays(MAX_LEVELS + 1, 'x'))).toEqual(nestArrays(MAX_LEVELS, TOO_DEEP))
  })

  it('[OL-text] keeps a member named __proto__ a member', () => {
    const value: unknown = JSON.parse('{"__proto__":{"polluted":true}}')

    const stored = storableJson(value)

    expect(JSON.stringify(stored)).toBe('{"__proto__":{"polluted":true}}')
    expect(stored).not.toHaveProperty('polluted')
  })

  it('[OL-text] writes numbers that JSON cannot hold as null', () => {
    expect(storableJson(JSON.parse('[1e999, -1e999, 1e308]'))).toEqual([null, null, 1e308])
  })

  it('[OL-text] leaves what is stored as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const stored = storableJson(value)

        expect(storableJson(stored)).toEqual(stored)
      }),
    )
  })
})
