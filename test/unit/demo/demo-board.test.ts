import { describe, expect, it } from 'vitest'
import { DEMO_BOARD, demoExpectations } from '../../../src/server/demo/demo-board.js'

const sources = DEMO_BOARD.flatMap((pipeline) => pipeline.sources)
const episodes = sources.flatMap((source) => source.episodes)

describe('DEMO_BOARD', () => {
  it('has five pipelines and fifteen sources, each with a name of its own', () => {
    const names = [...DEMO_BOARD, ...sources].map(({ name }) => name)

    expect(DEMO_BOARD).toHaveLength(5)
    expect(sources).toHaveLength(15)
    expect(new Set(names).size).toBe(20)
  })

  it('ticks often enough for a viewer to see life: every 20 s to 5 min', () => {
    for (const { everyMs } of DEMO_BOARD) {
      expect(everyMs).toBeGreaterThanOrEqual(20_000)
      expect(everyMs).toBeLessThanOrEqual(300_000)
    }
  })

  it('has one stream, and batches that take 2 to 90 s', () => {
    const batches = sources.filter(({ processingType }) => processingType === 'BATCH')

    expect(batches).toHaveLength(14)
    for (const { usualMs } of batches) {
      expect(usualMs * 0.85).toBeGreaterThanOrEqual(2_000)
      expect(usualMs * 1.15).toBeLessThanOrEqual(90_000)
    }
  })

  it('shows each trouble, and most sources have none', () => {
    const effects = new Set(episodes.map(({ effect }) => effect))

    expect([...effects].sort()).toEqual(['fail', 'late', 'skip', 'slow'])
    expect(sources.filter((source) => source.episodes.length === 0)).toHaveLength(10)
  })

  it('keeps each episode inside its cycle', () => {
    for (const { everyTicks, beginsAtTick, forTicks } of episodes) {
      expect(beginsAtTick[0]).toBeLessThanOrEqual(beginsAtTick[1])
      expect(forTicks[0]).toBeLessThanOrEqual(forTicks[1])
      expect(beginsAtTick[1] + forTicks[1]).toBeLessThanOrEqual(everyTicks)
    }
  })

  it('gives a reason for failing to exactly those sources that fail', () => {
    for (const source of sources) {
      const fails = source.episodes.some(({ effect }) => effect === 'fail')

      expect(source.errors.length > 0).toBe(fails)
    }
  })
})

describe('demoExpectations', () => {
  it('promises a schedule for every job but the stream', () => {
    const names = demoExpectations().map(({ name }) => name)

    expect(names).toHaveLength(19)
    expect(new Set(names).size).toBe(19)
    expect(names).toEqual(expect.arrayContaining(DEMO_BOARD.map(({ name }) => name)))
    expect(names).not.toContain('clickstream')
    expect(new Set(demoExpectations().map(({ namespace }) => namespace))).toEqual(new Set(['demo']))
  })

  it('promises a little more than the tick, and misses a skipped tick before the next one', () => {
    for (const { everyMs, sources: ofPipeline, name } of DEMO_BOARD) {
      const names = [name, ...ofPipeline.map((source) => source.name)]
      const expectations = demoExpectations().filter((one) => names.includes(one.name))

      expect(expectations.length).toBeGreaterThan(1)
      for (const { intervalMs, graceMs } of expectations) {
        expect(intervalMs).toBeGreaterThan(everyMs)
        expect(intervalMs).toBeLessThan(everyMs * 1.2)
        expect(intervalMs + graceMs).toBeLessThan(2 * everyMs)
      }
    }
  })
})
