import { describe, expect, it } from 'vitest'
import { keepTrying } from '../../../src/server/database/keep-trying.js'

const away = () => Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
const locked = () => Object.assign(new Error('locked'), { code: '55P03' })
const mistake = () => Object.assign(new Error('no such table'), { code: '42P01' })

/** An attempt that fails in these ways, one after the other, and then works. */
function attempts(...failures: readonly Error[]) {
  const startedAt: number[] = []
  const told: unknown[] = []
  const ending = new AbortController()
  const result = keepTrying({
    signal: ending.signal,
    onFailure: (error, failure) => told.push([failure, error]),
    attempt: () => {
      startedAt.push(performance.now())
      const failure = failures[startedAt.length - 1]
      return failure === undefined ? Promise.resolve() : Promise.reject(failure)
    },
  })
  return { result, startedAt, told, ending }
}

describe('keepTrying', () => {
  it('[startup] tells nobody of what works at once', async () => {
    const { result, startedAt, told } = attempts()

    expect(await result).toBe(true)
    expect(startedAt).toHaveLength(1)
    expect(told).toEqual([])
  })

  it('[startup] tries again after 250 ms, then after twice as long, and tells of it once', async () => {
    const first = away()
    const { result, startedAt, told } = attempts(first, away())

    expect(await result).toBe(true)
    const waits = startedAt.slice(1).map((at, index) => at - startedAt[index]!)
    expect(waits).toHaveLength(2)
    expect(waits[0]).toBeGreaterThan(240)
    expect(waits[1]).toBeGreaterThan(490)
    expect(told).toEqual([['unavailable', first]])
  })

  it('[startup] tells of each reason that is another than the one before', async () => {
    const [first, second, last] = [away(), locked(), away()]
    const { result, told, startedAt } = attempts(first, second, last)

    expect(await result).toBe(true)
    expect(startedAt).toHaveLength(4)
    expect(told).toEqual([
      ['unavailable', first],
      ['locked', second],
      ['unavailable', last],
    ])
  })

  it('[startup] gives up at once on a mistake, which trying does not mend', async () => {
    const { result, startedAt, told } = attempts(mistake())

    await expect(result).rejects.toThrow('no such table')
    expect(startedAt).toHaveLength(1)
    expect(told).toEqual([])
  })

  it('[startup] gives up on a mistake also after the database was away', async () => {
    const { result, told } = attempts(away(), mistake())

    await expect(result).rejects.toThrow('no such table')
    expect(told).toHaveLength(1)
  })

  it('[startup] looks at what is at the bottom of an error, and throws the error itself', async () => {
    const wrapped = new Error('could not migrate', { cause: new Error('x', { cause: mistake() }) })

    await expect(attempts(wrapped).result).rejects.toBe(wrapped)
  })

  it('[startup] tries again when the bottom of an error is the database being away', async () => {
    const { result, startedAt } = attempts(new TypeError('wrapped', { cause: away() }))

    expect(await result).toBe(true)
    expect(startedAt).toHaveLength(2)
  })

  it('[shutdown] stops in the middle of a wait', async () => {
    const { result, ending, startedAt } = attempts(away(), away())
    await new Promise((resolve) => setTimeout(resolve, 20))
    const stoppedAt = performance.now()

    ending.abort()

    expect(await result).toBe(false)
    expect(performance.now() - stoppedAt).toBeLessThan(225) // the wait had 230 ms to go
    expect(startedAt).toHaveLength(1)
  })

  it('[shutdown] does not begin once the end has come', async () => {
    let calls = 0
    const attempt = () => {
      calls += 1
      return Promise.resolve()
    }
    const onFailure = () => undefined

    const worked = await keepTrying({ attempt, onFailure, signal: AbortSignal.abort() })

    expect(worked).toBe(false)
    expect(calls).toBe(0)
  })
})
