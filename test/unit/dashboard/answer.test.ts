import { describe, expect, it } from 'vitest'
import { type Answer, readReply, WAITING, withReply } from '../../../src/dashboard/page/answer.js'

const FAILED = { outcome: 'failed', message: 'the server answers 503' } as const
const REFUSED = { outcome: 'refused', message: 'no such job' } as const
const known: Answer<string> = { state: 'answered', value: 'old', bytes: 5, failure: null }

describe('what is known of an answer', () => {
  it('stays when a later question fails, and then says why it may be old', () => {
    expect(withReply(known, FAILED)).toEqual({ ...known, failure: 'the server answers 503' })
  })

  it('is up to date with the next reply', () => {
    const old = withReply(known, FAILED)

    const answer = withReply(old, { outcome: 'answered', value: 'new', bytes: 5 })

    expect(answer).toEqual({ state: 'answered', value: 'new', bytes: 5, failure: null })
  })

  it('is taken back by a server that no longer knows it', () => {
    expect(withReply(known, REFUSED)).toEqual({ state: 'failed', message: 'no such job' })
  })

  it('is nothing before the first answer but why there is none', () => {
    expect(withReply(WAITING, FAILED)).toEqual({
      state: 'failed',
      message: 'the server answers 503',
    })
  })
})

describe('a reply', () => {
  it.each([
    [400, 'refused'],
    [401, 'failed'],
    [403, 'refused'],
    [404, 'refused'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
  ])('with the status %i counts as %s', async (status, outcome) => {
    const reply = await readReply(Promise.resolve(new Response('', { status })))

    expect(reply).toEqual({ outcome, message: `the server answers ${status}` })
  })

  it('says what the server says of it', async () => {
    const response = new Response('{"message":"no \\"job\\""}', { status: 404 })

    expect(await readReply(Promise.resolve(response))).toMatchObject({ message: 'no "job"' })
  })

  it('is a value, and how long it was', async () => {
    const reply = await readReply(Promise.resolve(new Response('"é"')))

    expect(reply).toEqual({ outcome: 'answered', value: 'é', bytes: 4 })
  })

  it.each([
    ['the server cannot be reached', new TypeError('failed to fetch')],
    ['the server did not answer in 8 s', new DOMException('', 'TimeoutError')],
  ])('that never comes is a failure: %s', async (message, reason) => {
    expect(await readReply(Promise.reject(reason))).toEqual({ outcome: 'failed', message })
  })

  it('that is no JSON is a failure', async () => {
    const reply = await readReply(Promise.resolve(new Response('<html>')))

    expect(reply.outcome).toBe('failed')
  })
})
