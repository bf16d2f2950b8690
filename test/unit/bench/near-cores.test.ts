import { expect, it } from 'vitest'
import { NearCores } from '../../../bench/near-cores.js'

const NEAR = 50
const FAR = 190

it('measures once where the cores are near before and after', async () => {
  const { cores, take, taken } = setUp([NEAR, NEAR + 80])

  expect(await cores.measure(take)).toBe(1)
  expect(taken()).toBe(1)
  expect(cores.describe()).toBe(
    'From core to core it took 50 ns at best; where it took more than 3 × that, it was measured again (0 times) or stands all the same (0 times).',
  )
})

it('waits while the cores lie apart before a measurement', async () => {
  const { cores, take, taken, lines, nowMs } = setUp([NEAR, NEAR, FAR, FAR, NEAR, NEAR])
  await cores.measure(take)

  await cores.measure(take)

  expect(taken()).toBe(2)
  expect(nowMs()).toBe(1_000)
  expect(lines).toEqual(['the cores of this machine lie apart: waiting …'])
})

it('measures again what ended with the cores apart, and keeps the last result', async () => {
  const { cores, take } = setUp([NEAR, FAR, NEAR, NEAR])

  expect(await cores.measure(take)).toBe(2)
  expect(cores.describe()).toContain('again (1 times)')
})

it('lets a third measurement stand whatever the cores do, and says so', async () => {
  const { cores, take } = setUp([NEAR], FAR)

  expect(await cores.measure(take)).toBe(3)
  expect(cores.describe()).toContain('again (2 times) or stands all the same (1 times)')
})

it('has a budget for all waiting and repeating: where the cores stay apart a run still ends', async () => {
  const { cores, take, taken, nowMs } = setUp([NEAR], FAR)

  for (let index = 0; index < 200; index += 1) await cores.measure(take)

  expect(taken()).toBeLessThan(250)
  expect(nowMs()).toBeLessThanOrEqual(921_000)
})

it('calls no distance far on a machine whose cores always have it', async () => {
  const { cores, take, taken } = setUp([], FAR)

  await cores.measure(take)

  expect(taken()).toBe(1)
})

/** Distances as they are asked for, then always the last; time passes by waiting alone. */
function setUp(distances: number[], afterwards = NEAR) {
  let now = 0
  let count = 0
  const lines: string[] = []
  const cores = new NearCores(
    {
      distance: () => Promise.resolve(distances.shift() ?? afterwards),
      nowMs: () => now,
      wait: (ms) => {
        now += ms
        return Promise.resolve()
      },
    },
    (line) => lines.push(line),
  )
  const take = () => Promise.resolve((count += 1))
  return { cores, take, taken: () => count, lines, nowMs: () => now }
}
