import { describe, expect, it } from 'vitest'
import { faviconUrl } from '../../../src/dashboard/page/favicon.js'
import { documentTitle, headline } from '../../../src/dashboard/status/headline.js'
import { successRate24h } from '../../../src/dashboard/status/success-rate.js'
import type { StatusTotals } from '../../../src/protocol/index.js'
import { totals } from './board-samples.js'

const headlineOf = (change: Partial<StatusTotals>) => headline({ totals: totals(change) })

describe('the headline', () => {
  it('names the problems, the worst first', () => {
    expect(headlineOf({ sources: 9, failing: 2, late: 1 })).toBe('2 sources failing, 1 late')
    expect(headlineOf({ sources: 9, late: 1, degraded: 3 })).toBe('1 source late, 3 degraded')
  })

  it('says when all is well, and leaves the paused out', () => {
    expect(headlineOf({ sources: 12, healthy: 12 })).toBe('All 12 sources healthy')
    expect(headlineOf({ sources: 3, healthy: 2, paused: 1 })).toBe('All 2 sources healthy')
    expect(headlineOf({ sources: 1, healthy: 1 })).toBe('The one source is healthy')
    expect(headlineOf({ sources: 2, paused: 2 })).toBe('2 sources paused')
  })

  it('never calls healthy what is not known', () => {
    expect(headlineOf({ sources: 3, healthy: 2, unknown: 1 })).toBe('2 sources healthy, 1 unknown')
    expect(headlineOf({ sources: 2, unknown: 2 })).toBe('2 sources, no run has ended yet')
    expect(headlineOf({})).toBe('Nothing has been reported yet')
  })
})

describe('the tab', () => {
  it('counts what is failing in front of the name', () => {
    const failing = { totals: totals({ sources: 9, failing: 2 }) }
    const well = { totals: totals({ sources: 9, healthy: 9 }) }

    expect(documentTitle(failing)).toBe('(2) Pipecast: 2 sources failing')
    expect(documentTitle(well)).toBe('Pipecast: All 9 sources healthy')
    expect(documentTitle(undefined)).toBe('Pipecast')
  })

  it('shows the count in its icon, and nothing longer than two digits', () => {
    expect(decodeURIComponent(faviconUrl('Failing', 7))).toContain('>7</text>')
    expect(decodeURIComponent(faviconUrl('Failing', 250))).toContain('>99</text>')
    expect(decodeURIComponent(faviconUrl('Healthy', 0))).not.toContain('<text')
    expect(faviconUrl('Healthy', 0)).not.toBe(faviconUrl('Late', 0))
  })
})

describe('the success rate of a day', () => {
  it('is not known without runs', () => {
    expect(successRate24h({ runs_24h: 0, failed_24h: 0 })).toBeNull()
    expect(successRate24h({ runs_24h: 40, failed_24h: 1 })).toBe(0.975)
  })
})
