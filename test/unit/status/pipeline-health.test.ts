import { describe, expect, it } from 'vitest'

import type { HealthStatus } from '../../../src/protocol/index.js'
import type { HealthReason, JobHealth } from '../../../src/server/status/job-health.js'
import { pipelineHealth } from '../../../src/server/status/pipeline-health.js'

function own(status: HealthStatus, ...reasons: HealthReason[]): JobHealth {
  return {
    status,
    reasons,
    running: 0,
    stale: false,
    slow: false,
    nextExpectedAt: null,
    lateSince: null,
    missedAt: [],
    latenessChangesAt: null,
    successRate: null,
  }
}

describe('pipelineHealth', () => {
  it.each([
    [own('Healthy', 'ok'), 'Degraded', ['source_failing']],
    [own('Late', 'late'), 'Degraded', ['source_failing', 'late']],
    [own('Degraded', 'slow', 'late'), 'Degraded', ['slow', 'source_failing', 'late']],
    [own('Failing', 'failed', 'slow'), 'Failing', ['failed', 'slow', 'source_failing']],
  ] as const)('[H10] is at least Degraded when a source fails', (health, status, reasons) => {
    const pipeline = pipelineHealth(health, ['Healthy', 'Failing'])

    expect(pipeline.status).toBe(status)
    expect(pipeline.reasons).toEqual(reasons)
  })

  it('[H10] is Degraded when its only source fails', () => {
    expect(pipelineHealth(own('Healthy', 'ok'), ['Failing']).status).toBe('Degraded')
  })

  it('[H10] is not changed by any other status of a source', () => {
    const healthy = own('Healthy', 'ok')

    expect(pipelineHealth(healthy, ['Degraded', 'Late', 'Unknown', 'Paused'])).toBe(healthy)
  })

  it('[H1] stays Paused whatever its sources do', () => {
    const paused = own('Paused', 'paused')

    expect(pipelineHealth(paused, ['Failing'])).toBe(paused)
  })

  it('[H10] is Unknown when it never ran and has no sources', () => {
    expect(pipelineHealth(own('Unknown', 'no_runs'), [])).toMatchObject({
      status: 'Unknown',
      reasons: ['no_runs'],
    })
  })

  it.each([
    [['Healthy', 'Failing'], 'Degraded', 'source_failing'],
    [['Healthy', 'Degraded'], 'Degraded', 'source_degraded'],
    [['Healthy', 'Late'], 'Late', 'source_late'],
    [['Healthy', 'Unknown'], 'Unknown', 'no_runs'],
    [['Healthy', 'Paused'], 'Healthy', 'ok'],
    [['Paused', 'Paused'], 'Paused', 'paused'],
  ] as const)(
    '[H10] without outcomes of its own, sources %j speak for it',
    (sources, status, reason) => {
      const pipeline = pipelineHealth(own('Unknown', 'no_runs'), sources)

      expect(pipeline).toEqual({ status, reasons: [reason] })
    },
  )
})
