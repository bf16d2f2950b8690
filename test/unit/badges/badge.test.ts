import { describe, expect, it } from 'vitest'
import { HEALTH_STATUSES } from '../../../src/protocol/index.js'
import { statusBadge, troubleBadge } from '../../../src/server/badges/badge.js'

/** The relative luminance of #rrggbb (WCAG 2.2). */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

const contrastWithWhite = (color: string) => 1.05 / (luminance(color) + 0.05)

describe('statusBadge', () => {
  it.each(HEALTH_STATUSES)('[P1.9] says %s in a colour on which white can be read', (status) => {
    const badge = statusBadge('acled', { status, isStale: false })

    expect(badge).toMatchObject({ label: 'acled', message: status.toLowerCase(), isError: false })
    expect(badge.color).toMatch(/^#[0-9a-f]{6}$/)
    expect(contrastWithWhite(badge.color)).toBeGreaterThan(5) // AA is 4.5; a gradient lies over it
    expect(contrastWithWhite(badge.labelColor)).toBeGreaterThan(5)
  })

  it('[P1.9] gives each status a colour of its own', () => {
    const colors = HEALTH_STATUSES.map(
      (status) => statusBadge('', { status, isStale: false }).color,
    )

    expect(new Set(colors).size).toBe(HEALTH_STATUSES.length)
  })

  it('[P1.9] is grey and says so when the data is stale', () => {
    const badge = statusBadge('acled', { status: 'Healthy', isStale: true })

    expect(badge.message).toBe('healthy (stale)')
    expect(badge.color).toBe(statusBadge('', { status: 'Unknown', isStale: false }).color)
  })

  it('[P1.9] leaves out of a name what XML has no place for', () => {
    const badge = statusBadge('a\u0000b\u001b\ud800c\ufffe\u202ed', {
      status: 'Late',
      isStale: false,
    })

    expect(badge.label).toBe('abcd')
  })

  it('[P1.9] cuts a long name, between characters', () => {
    const { label } = statusBadge('😀'.repeat(100), { status: 'Late', isStale: false })

    expect(label).toBe(`${'😀'.repeat(63)}…`)
    expect(statusBadge('x'.repeat(64), { status: 'Late', isStale: false }).label).toBe(
      'x'.repeat(64),
    )
  })
})

describe('troubleBadge', () => {
  it.each([
    ['no-data', 'unknown'],
    ['not-found', 'not found'],
    ['sign-in', 'sign-in required'],
  ] as const)('[P1.9] says of %s "%s", in grey', (trouble, message) => {
    const badge = troubleBadge('acled', trouble)

    expect(badge).toMatchObject({ label: 'acled', message, isError: true })
    expect(badge.color).toBe(statusBadge('', { status: 'Unknown', isStale: false }).color)
  })
})
