import { describe, expect, it } from 'vitest'
import { nextWallTop } from '../../../src/dashboard/page/wall-paging.js'

const well = { failing: 0, late: 0, degraded: 0 }
const sight = { windowHeight: 1_000, pageHeight: 2_500 }

describe('a screen on the wall', () => {
  it('goes on by a window less a little, to the end, and back to the top', () => {
    expect(nextWallTop({ ...sight, top: 0 }, well)).toBe(850)
    expect(nextWallTop({ ...sight, top: 850 }, well)).toBe(1_500)
    expect(nextWallTop({ ...sight, top: 1_500 }, well)).toBe(0)
  })

  it('shows the problems for as long as there are any', () => {
    expect(nextWallTop({ ...sight, top: 850 }, { ...well, failing: 1 })).toBe(0)
    expect(nextWallTop({ ...sight, top: 0 }, { ...well, late: 1 })).toBe(0)
    expect(nextWallTop({ ...sight, top: 0 }, { ...well, degraded: 1 })).toBe(0)
  })

  it('stays where there is nothing more to see', () => {
    expect(nextWallTop({ top: 0, windowHeight: 1_000, pageHeight: 1_000 }, well)).toBe(0)
    expect(nextWallTop({ top: 0, windowHeight: 1_000, pageHeight: 1_020 }, well)).toBe(0)
  })
})
