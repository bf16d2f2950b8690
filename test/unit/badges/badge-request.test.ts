import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBadgePath } from '../../../src/server/badges/badge-request.js'

describe('parseBadgePath', () => {
  it.each([
    ['pipeline-status.svg', { feed: 'pipeline-status', key: null, format: 'svg' }],
    ['pipeline-status.json', { feed: 'pipeline-status', key: null, format: 'json' }],
    ['pipeline-status.shields.json', { feed: 'pipeline-status', key: null, format: 'shields' }],
    ['f/acled.svg', { feed: 'f', key: 'acled', format: 'svg' }],
    ['f/a.b.svg.json', { feed: 'f', key: 'a.b.svg', format: 'json' }],
    ['f/dbt/orders%2Fdaily.svg', { feed: 'f', key: 'dbt/orders%2Fdaily', format: 'svg' }],
  ])('[P1.9] reads %s', (path, request) => {
    expect(parseBadgePath(path)).toEqual(request)
  })

  it.each([
    '',
    'pipeline-status',
    'f/acled',
    'f/acled.png',
    '.svg',
    'f/.svg',
    '/acled.svg',
    '.json',
  ])('[P1.9] knows no badge at "%s"', (path) => {
    expect(parseBadgePath(path)).toBeNull()
  })

  it('[P1.9] finds any key again, whatever is in it', () => {
    const key = fc.string({ minLength: 1, unit: 'grapheme' })
    fc.assert(
      fc.property(key, fc.constantFrom('svg', 'json'), (name, ending) => {
        fc.pre(!(ending === 'json' && name.endsWith('.shields')))
        const path = decodeURIComponent(`f/${encodeURIComponent(name)}.${ending}`)

        expect(parseBadgePath(path)).toEqual({ feed: 'f', key: name, format: ending })
      }),
    )
  })
})
