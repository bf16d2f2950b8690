import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { HEALTH_STATUSES } from '../../../src/protocol/index.js'
import { severity, worstOf } from '../../../src/server/status/health-status.js'

describe('worstOf', () => {
  it('[H1] orders Failing > Degraded > Late > Unknown > Healthy', () => {
    const worstFirst = ['Failing', 'Degraded', 'Late', 'Unknown', 'Healthy'] as const

    for (const [index, status] of worstFirst.entries()) {
      expect(worstOf(worstFirst.slice(index).reverse())).toBe(status)
      expect(worstOf(worstFirst.slice(index))).toBe(status)
    }
  })

  it('[H1] leaves paused ones out, unless there is nothing else', () => {
    expect(worstOf(['Paused', 'Healthy'])).toBe('Healthy')
    expect(worstOf(['Late', 'Paused'])).toBe('Late')
    expect(worstOf(['Paused', 'Paused'])).toBe('Paused')
  })

  it('[H10] knows nothing about nobody', () => {
    expect(worstOf([])).toBe('Unknown')
  })

  it('[H1] is one of them, and none of the others that counts is worse', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...HEALTH_STATUSES), { minLength: 1 }), (statuses) => {
        const worst = worstOf(statuses)

        expect(statuses).toContain(worst)
        for (const status of statuses.filter((one) => one !== 'Paused')) {
          expect(severity(status)).toBeLessThanOrEqual(severity(worst))
        }
      }),
    )
  })
})
