import { getEventListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../../src/client/index.js'
import { withTimeLimit } from '../../../src/client/time-limit.js'

const any = Object.getOwnPropertyDescriptor(AbortSignal, 'any')!

// Browsers have it since 2024 only (Firefox 124, Safari 17.4).
beforeEach(() => {
  Reflect.deleteProperty(AbortSignal, 'any')
})

afterEach(() => {
  Object.defineProperty(AbortSignal, 'any', any)
})

describe('a time limit', () => {
  it('ends with what it is added to, for its reason', () => {
    const ending = new AbortController()
    const signal = withTimeLimit(ending.signal, 60_000)

    const before = signal.aborted
    ending.abort('why')

    expect(before).toBe(false)
    expect(signal.reason).toBe('why')
  })

  it('is over at once where that has ended', () => {
    expect(withTimeLimit(AbortSignal.abort('why'), 60_000).reason).toBe('why')
  })

  it('ends in time, says so, and leaves nothing behind', async () => {
    const { signal: ended } = new AbortController()
    const signal = withTimeLimit(ended, 20)
    const during = getEventListeners(ended, 'abort').length

    await delay(60)

    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
    expect([during, getEventListeners(ended, 'abort').length]).toEqual([1, 0])
  })
})

it('[P9.5] a browser of 2023 polls as well', async () => {
  const headers = { 'Pipecast-Epoch': 'e1', 'Pipecast-Seq': '1' }
  const fetch = (url: string | URL | Request) =>
    (url as string).endsWith('/stream')
      ? Promise.reject(new TypeError('failed'))
      : Promise.resolve(new Response('{}', { headers }))
  const subscription = connect({ url: 'http://server/', WebSocket: null, fetch })

  await expect.poll(() => subscription.state.status).toBe('polling')

  subscription.close()
})
