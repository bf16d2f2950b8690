import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createReadTurns, TooManyReadsError } from '../../../src/server/runs/read-turns.js'

const OPTIONS = { atOnce: 2, maxWaiting: 3, maxWaitMs: 2_000 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Reads that a test ends one by one, by their names. */
function reads() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const read = (name: string) => () => {
    begun.push(name)
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
  }
  const end = async (name: string) => {
    ends.get(name)?.()
    await vi.advanceTimersByTimeAsync(0)
  }
  return { begun, read, end }
}

describe('reading in turn', () => {
  it('reads so many at once, and the others in the order in which they came', async () => {
    const readInTurn = createReadTurns(OPTIONS)
    const { begun, read, end } = reads()
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => readInTurn(read(name)))

    expect(begun).toEqual(['a', 'b'])
    await end('b')
    expect(begun).toEqual(['a', 'b', 'c'])
    for (const name of ['a', 'c', 'd', 'e']) await end(name)

    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('refuses at once the one too many that would wait, and none later', async () => {
    const readInTurn = createReadTurns(OPTIONS)
    const { begun, read, end } = reads()
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => readInTurn(read(name)))

    await expect(readInTurn(read('f'))).rejects.toThrow(TooManyReadsError)
    for (const name of begun) await end(name)
    await Promise.all(all)

    const later = [readInTurn(read('g')), readInTurn(read('h'))]
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e', 'g', 'h'])
    await end('g')
    await end('h')
    await Promise.all(later)
  })

  it('refuses the one that has waited for 2 s, not a millisecond before, and reads it never', async () => {
    const readInTurn = createReadTurns(OPTIONS)
    const { begun, read, end } = reads()
    const [first, second, third] = ['a', 'b', 'c'].map((name) => readInTurn(read(name)))
    let failure: unknown
    third?.catch((error: unknown) => (failure = error))

    await vi.advanceTimersByTimeAsync(1_999)
    expect(failure).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect(failure).toBeInstanceOf(TooManyReadsError)
    await end('a')
    await end('b')

    expect(await Promise.all([first, second])).toEqual(['a', 'b'])
    expect(begun).toEqual(['a', 'b'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('goes on after a read that failed, of which only its own asker hears', async () => {
    const readInTurn = createReadTurns({ ...OPTIONS, atOnce: 1 })

    const failed = readInTurn(() => Promise.reject(new Error('broken')))
    const next = readInTurn(() => Promise.resolve('read'))

    await expect(failed).rejects.toThrow('broken')
    expect(await next).toBe('read')
    expect(vi.getTimerCount()).toBe(0)
  })
})
