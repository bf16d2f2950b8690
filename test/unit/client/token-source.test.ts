import { describe, expect, it } from 'vitest'
import { createTokenSource } from '../../../src/client/token-source.js'

describe('the source of tokens', () => {
  it('[P9.6] shows a fixed token, and has no other', async () => {
    const tokens = createTokenSource('one')

    expect(await tokens.obtain(false)).toBe(true)
    expect(tokens.show()).toBe('one')
    expect(await tokens.obtain(true)).toBe(false)
  })

  it('[P9.6] asks the function again for each connection, and once for all who ask at a time', async () => {
    let asked = 0
    const tokens = createTokenSource(() => Promise.resolve(`token ${(asked += 1)}`))

    await Promise.all([tokens.obtain(false), tokens.obtain(false)])
    expect(tokens.show()).toBe('token 1')
    expect(await tokens.obtain(true)).toBe(true)
    expect(tokens.show()).toBe('token 2')
    expect(asked).toBe(2)
  })

  it('[P9.6] does not ask again before the last one has been shown', async () => {
    let asked = 0
    const tokens = createTokenSource(() => `token ${(asked += 1)}`)
    await tokens.obtain(true)

    await tokens.obtain(false)

    expect(asked).toBe(1)
  })

  it('[P9.6] has none when the function says the refused one again', async () => {
    const tokens = createTokenSource(() => 'always the same')
    await tokens.obtain(false)
    tokens.show()

    expect(await tokens.obtain(true)).toBe(false)
  })

  it('[P9.6] passes on what the function throws, and asks again the next time', async () => {
    let isBroken = true
    const tokens = createTokenSource(() => {
      if (isBroken) throw new Error('login is away')
      return 'one'
    })

    await expect(tokens.obtain(false)).rejects.toThrow('login is away')
    isBroken = false
    expect(await tokens.obtain(false)).toBe(true)
  })

  it('[P9.6] prefers a token that was given by hand', async () => {
    const tokens = createTokenSource(undefined)
    expect(await tokens.obtain(false)).toBe(false)

    tokens.give('by hand')

    expect(await tokens.obtain(true)).toBe(true)
    expect(tokens.show()).toBe('by hand')
  })
})
