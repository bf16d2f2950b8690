import { describe, expect, it } from 'vitest'
import { nextRowIndex } from '../../../src/dashboard/sources/next-row.js'
import type { Row } from '../../../src/dashboard/sources/source-rows.js'
import { source } from './board-samples.js'

const leaf = (key: string): Row => ({ kind: 'source', key, source: source(key), name: key })
const head: Row = { kind: 'pipeline', key: null, pipeline: undefined, listed: 2 }
const rows: readonly Row[] = [leaf('a'), head, leaf('b'), leaf('c')]

describe('moving the focus in the list', () => {
  it('goes up and down, past heads that lead nowhere', () => {
    expect(nextRowIndex('ArrowDown', 0, rows)).toBe(2)
    expect(nextRowIndex('k', 2, rows)).toBe(0)
  })

  it('goes to the ends, and by ten rows at most to them', () => {
    expect(nextRowIndex('Home', 3, rows)).toBe(0)
    expect(nextRowIndex('End', 0, rows)).toBe(3)
    expect(nextRowIndex('PageDown', 0, rows)).toBe(3)
    expect(nextRowIndex('PageUp', 3, rows)).toBe(0)
  })

  it('stays at the ends, and leaves other keys alone', () => {
    expect(nextRowIndex('ArrowDown', 3, rows)).toBeNull()
    expect(nextRowIndex('ArrowUp', 0, rows)).toBeNull()
    expect(nextRowIndex('Enter', 1, rows)).toBeNull()
    expect(nextRowIndex('ArrowDown', -1, rows)).toBeNull()
  })
})
