import { expect, it } from 'vitest'
import { Results } from '../../../bench/results.js'
import { judge, TARGETS } from '../../../bench/targets.js'

it('lets a value at its bound hit, except where it has to stay below', () => {
  expect(judge(0.25, { atMost: 0.25 })).toBe('hit')
  expect(judge(0.2501, { atMost: 0.25 })).toBe('miss')
  expect(judge(4.3, { atLeast: 4.3 })).toBe('hit')
  expect(judge(4.29, { atLeast: 4.3 })).toBe('miss')
  expect(judge(0.99, { below: 1 })).toBe('hit')
  expect(judge(1, { below: 1 })).toBe('miss')
})

it('counts what was not measured neither as hit nor as miss', () => {
  expect(judge(undefined, { atMost: 1 })).toBe('not measured')
  expect(judge(Number.NaN, { atLeast: 1 })).toBe('not measured')
  for (const { value } of TARGETS) expect(value(new Results([]))).toBeUndefined()
})

it('judges CPU and deliveries as ratios to the peer that the target names', () => {
  const results = new Results([
    measured('pipecast', { cpuSecondsPerMillion: 10, deliveriesPerSecond: 86_000 }),
    measured('naive', { cpuSecondsPerMillion: 40, deliveriesPerSecond: 20_000 }),
    measured('floor', { cpuSecondsPerMillion: 8, deliveriesPerSecond: 100_000 }),
  ])

  const values = new Map(
    TARGETS.map(({ meaning, value }) => [meaning, value(results)] as const).filter(
      ([, value]) => value !== undefined,
    ),
  )

  expect(Object.fromEntries(values)).toEqual({
    'CPU for a delivery at 1,000, of naive': 0.25,
    'CPU for a delivery at 1,000, of floor': 1.25,
    'deliveries a second at 1,000, of naive': 4.3,
    'deliveries a second at 1,000, of floor': 0.86,
  })
})

function measured(peer: string, figures: Record<string, number>) {
  return { round: 1, peer, sockets: 1_000, figures }
}
