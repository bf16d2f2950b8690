import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { replaceMeasured } from '../../../bench/write-performance.js'

const document = readFileSync(new URL('../../../docs/performance.md', import.meta.url), 'utf8')

it('replaces the figures of the last run and nothing else', () => {
  const [before] = document.split('<!-- measured')

  const once = replaceMeasured(document, 'a first run')
  const twice = replaceMeasured(once, 'a second run')

  expect(twice).toContain('a second run')
  expect(twice).not.toContain('a first run')
  expect(twice.startsWith(before!)).toBe(true)
  expect(twice.trimEnd().endsWith('<!-- /measured -->')).toBe(true)
})

it('refuses a document that has lost the place for figures', () => {
  expect(() => replaceMeasured('# Performance', 'a run')).toThrow('the document needs the lines')
})
