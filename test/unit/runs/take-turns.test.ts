import { describe, expect, it } from 'vitest'
import { createTurns, TooManyInTurnError } from '../../../src/server/runs/take-turns.js'

function door(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('taking turns', () => {
  it('does work of one key one after another, in the order in which it came', async () => {
    const inTurn = createTurns(10)
    const done: string[] = []
    const first = door()
    const both = [
      inTurn('a', async () => {
        await first.opened
        done.push('first')
      }),
      inTurn('a', () => {
        done.push('second')
        return Promise.resolve()
      }),
    ]

    await Promise.resolve()
    expect(done).toEqual([])
    first.open()
    await Promise.all(both)

    expect(done).toEqual(['first', 'second'])
  })

  it('does not let one key wait for another', async () => {
    const inTurn = createTurns(10)
    const first = door()
    const slow = inTurn('a', () => first.opened)

    expect(await inTurn('b', () => Promise.resolve('done'))).toBe('done')

    first.open()
    await slow
  })

  it('goes on after a failure, of which only its own asker hears', async () => {
    const inTurn = createTurns(10)

    const failed = inTurn('a', () => Promise.reject(new Error('broken')))
    const next = inTurn('a', () => Promise.resolve('done'))

    await expect(failed).rejects.toThrow('broken')
    expect(await next).toBe('done')
  })

  it('refuses what would wait behind too much, and takes it later', async () => {
    const inTurn = createTurns(2)
    const first = door()
    const accepted = [inTurn('a', () => first.opened), inTurn('a', () => Promise.resolve())]

    await expect(inTurn('a', () => Promise.resolve('third'))).rejects.toThrow(TooManyInTurnError)
    first.open()
    await Promise.all(accepted)

    expect(await inTurn('a', () => Promise.resolve('third'))).toBe('third')
  })
})
