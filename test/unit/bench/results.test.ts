import { expect, it } from 'vitest'
import { type Measurement, Results } from '../../../bench/results.js'

const ours = { peer: 'pipecast', sockets: 1_000 }
const naive = { peer: 'naive', sockets: 1_000 }

it('takes the median over the rounds', () => {
  const results = new Results([cpu(1, ours, 9), cpu(2, ours, 1), cpu(3, ours, 2)])

  expect(results.median('cpuSecondsPerMillion', ours)).toBe(2)
})

it('compares within each round, so that a slow round disturbs no ratio', () => {
  const results = new Results([
    cpu(1, ours, 10),
    cpu(1, naive, 40),
    cpu(2, ours, 1_000), // something else used the machine
    cpu(2, naive, 4_000),
    cpu(3, ours, 12),
    cpu(3, naive, 36),
  ])

  expect(results.ratio('cpuSecondsPerMillion', ours, naive)).toBe(0.25)
})

it('leaves a round out of a ratio in which one side was not measured', () => {
  const results = new Results([cpu(1, ours, 10), cpu(2, ours, 30), cpu(2, naive, 60)])

  expect(results.ratio('cpuSecondsPerMillion', ours, naive)).toBe(0.5)
})

it('says nothing of what was not measured', () => {
  const results = new Results([cpu(1, ours, 10)])

  expect(results.median('cpuSecondsPerMillion', { ...ours, sockets: 50 })).toBeUndefined()
  expect(results.median('firstToLastMs', ours)).toBeUndefined()
  expect(results.ratio('cpuSecondsPerMillion', ours, naive)).toBeUndefined()
})

function cpu(
  round: number,
  setting: { peer: string; sockets: number },
  cpuSecondsPerMillion: number,
): Measurement {
  return { round, ...setting, figures: { cpuSecondsPerMillion } }
}
