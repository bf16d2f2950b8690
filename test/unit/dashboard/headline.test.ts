import { describe, expect, it } from 'vitest'
import { faviconUrl } from '../../../src/dashboard/page/favicon.js'
import { documentTitle, headline } from '../../../src/dashboard/status/headline.js'
import { successRate24h } from '../../../src/dashboard/status/success-rate.js'
import type { PipelineEntry, StatusTotals } from '../../../src/protocol/index.js'
import { hasProblems } from '../../../src/dashboard/status/problems.js'
import { pipeline, source, totals } from './board-samples.js'

function judged(change: Partial<StatusTotals>, ...pipelines: readonly PipelineEntry[]) {
  return {
    totals: totals(change),
    sources: { alone: source('alone') },
    pipelines: Object.fromEntries(pipelines.map((entry) => [entry.name, entry])),
  }
}

const headlineOf = (...parts: Parameters<typeof judged>) => headline(judged(...parts))

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

  it('names a pipeline that is in trouble by its own runs, which are no source', () => {
    const well = { sources: 12, healthy: 12 }
    const failing = { ...pipeline('nightly', 'Failing'), reasons: ['missed'] }

    expect(headlineOf(well, failing)).toBe('Pipeline nightly failing; all 12 sources healthy')
    expect(headlineOf({ sources: 9, late: 1 }, failing, pipeline('weekly', 'Late'))).toBe(
      '1 pipeline failing, 1 late; 1 source late',
    )
    expect(hasProblems(judged(well, failing))).toBe(true)
    expect(hasProblems(judged(well, pipeline('nightly')))).toBe(false)
  })

  it('says nothing of a pipeline that is only as bad as its sources make it, or is one itself', () => {
    const bySource = { ...pipeline('nightly', 'Degraded'), reasons: ['source_failing', 'late'] }
    const asSource = pipeline('alone', 'Failing')

    expect(headlineOf({ sources: 9, failing: 1 }, bySource, asSource)).toBe('1 source failing')
  })
})

describe('the tab', () => {
  it('counts what is failing in front of the name', () => {
    const failing = judged({ sources: 9, failing: 2 })
    const well = judged({ sources: 9, healthy: 9 })
    const byPipeline = judged({ sources: 9, failing: 2 }, pipeline('nightly', 'Failing'))

    expect(documentTitle(failing, false)).toBe('(2) Pipecast: 2 sources failing')
    expect(documentTitle(well, false)).toBe('Pipecast: All 9 sources healthy')
    expect(documentTitle(byPipeline, false)).toBe(
      '(3) Pipecast: Pipeline nightly failing; 2 sources failing',
    )
    expect(documentTitle(undefined, false)).toBe('Pipecast')
  })

  it('says that nobody knows, and how many were failing when somebody did', () => {
    expect(documentTitle(judged({ sources: 9, failing: 2 }), true)).toBe(
      '(2) Pipecast: may be out of date',
    )
    expect(documentTitle(judged({ sources: 9, healthy: 9 }), true)).toBe(
      'Pipecast: may be out of date',
    )
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
