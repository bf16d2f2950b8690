import { describe, expect, it } from 'vitest'
import { nextWallTop } from '../../../src/dashboard/page/wall-paging.js'

const CALM = false
const TROUBLED = true
const sight = { windowHeight: 1_000, pageHeight: 2_500 }

describe('a screen on the wall', () => {
  it('goes on by a window less a little, to the end, and back to the top', () => {
    expect(nextWallTop({ ...sight, top: 0 }, CALM)).toBe(850)
    expect(nextWallTop({ ...sight, top: 850 }, CALM)).toBe(1_500)
    expect(nextWallTop({ ...sight, top: 1_500 }, CALM)).toBe(0)
  })

  it('shows the problems for as long as there are any', () => {
    expect(nextWallTop({ ...sight, top: 850 }, TROUBLED)).toBe(0)
    expect(nextWallTop({ ...sight, top: 0 }, TROUBLED)).toBe(0)
  })

  it('stays where there is nothing more to see', () => {
    expect(nextWallTop({ top: 0, windowHeight: 1_000, pageHeight: 1_000 }, CALM)).toBe(0)
    expect(nextWallTop({ top: 0, windowHeight: 1_000, pageHeight: 1_020 }, CALM)).toBe(0)
  })
})
