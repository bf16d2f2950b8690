import { describe, expect, it } from 'vitest'
import {
  noAnswer,
  noUpgradeAnswer,
  unexpectedAnswer,
  unexpectedUpgradeAnswer,
} from '../../../src/cli/verify/answer-hints.js'
import {
  judgeHealth,
  judgePlainGet,
  judgeReady,
  judgeRefusal,
} from '../../../src/cli/verify/http-checks.js'

function answer(status: number, body = '', headers = {}) {
  return { status, headers, body }
}

const REASON = JSON.stringify({ code: 'draining', message: 'the server stops' })
const TIMEOUT = new DOMException('too late', 'TimeoutError')

describe('unexpectedAnswer', () => {
  it.each([
    [401, '--token'],
    [403, 'forbids'],
    [404, 'wrong path prefix'],
    [429, 'wait a minute'],
    [500, 'log'],
    [502, 'is the service running'],
    [503, 'is the service running'],
    [504, 'is the service running'],
    [200, 'another service'],
  ])('has for HTTP %i a hint that says %s', (status, words) => {
    const outcome = unexpectedAnswer(answer(status))

    expect(outcome).toMatchObject({ kind: 'failed', hint: expect.stringContaining(words) })
  })

  it('lets the server speak for itself when it says why', () => {
    const outcome = unexpectedAnswer(answer(503, REASON))

    expect(outcome).toEqual({ kind: 'failed', detail: 'HTTP 503: the server stops' })
  })

  it('recognises a web page by its type as well as by its text', () => {
    const byType = unexpectedAnswer(answer(200, 'hello', { 'content-type': 'text/html' }))
    const byText = unexpectedAnswer(answer(200, '\n<HTML>'))

    expect(byType).toMatchObject({ detail: 'HTTP 200 with a web page' })
    expect(byText).toMatchObject({ detail: 'HTTP 200 with a web page' })
  })
})

describe('unexpectedUpgradeAnswer', () => {
  it.each([400, 426, 502, 503, 504])('suspects the proxy behind HTTP %i', (status) => {
    const outcome = unexpectedUpgradeAnswer(answer(status))

    expect(outcome).toMatchObject({ hint: expect.stringContaining('does not pass Upgrade') })
  })

  it('does not suspect a proxy when the server itself refuses', () => {
    const outcome = unexpectedUpgradeAnswer(answer(503, REASON))

    expect(outcome).toEqual({ kind: 'failed', detail: 'HTTP 503: the server stops' })
  })

  it('asks for a token after 401, whatever the server says', () => {
    const outcome = unexpectedUpgradeAnswer(answer(401, REASON))

    expect(outcome).toMatchObject({ hint: expect.stringContaining('--token') })
  })
})

describe('noAnswer and noUpgradeAnswer', () => {
  it('says how long it waited', () => {
    expect(noAnswer(TIMEOUT, 3_000)).toMatchObject({ detail: 'no answer within 3 s' })
  })

  it('suspects the proxy when an upgrade hangs', () => {
    expect(noUpgradeAnswer(TIMEOUT, 3_500)).toMatchObject({
      detail: 'no answer within 3.5 s',
      hint: expect.stringContaining('does not pass Upgrade'),
    })
  })

  it.each([
    ['ECONNREFUSED', 'is the server running'],
    ['ENOTFOUND', 'spelling'],
    ['CERT_HAS_EXPIRED', 'renew'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'try http'],
  ])('has for %s a hint that says %s', (code, words) => {
    const error = Object.assign(new Error('failed'), { code })

    expect(noAnswer(error, 1)).toMatchObject({ detail: code, hint: expect.stringContaining(words) })
  })
})

describe('the judges', () => {
  it('do not take another service for this one', () => {
    expect(judgeHealth(answer(200, '{"status":"UP"}')).kind).toBe('failed')
    expect(judgeHealth(answer(200, '{"service":"pipecast","version":"1"}')).kind).toBe('passed')
  })

  it('tell a server that is not ready from a proxy without a server', () => {
    const ours = judgeReady(answer(503, '{"message":"migrations are not done"}'))
    const proxy = judgeReady(answer(503, '<html>'))

    expect(ours).toMatchObject({ detail: 'HTTP 503: migrations are not done' })
    expect(proxy).toMatchObject({ hint: expect.stringContaining('a proxy answers') })
  })

  it('want JSON with a 426', () => {
    expect(judgePlainGet(answer(426, 'Upgrade Required')).kind).toBe('failed')
    expect(judgePlainGet(answer(426, '{"message":"use ws"}')).kind).toBe('passed')
    expect(judgePlainGet(answer(200, '{"message":"use ws"}')).kind).toBe('failed')
  })

  it('want a refusal to say why', () => {
    expect(judgeRefusal(answer(404, '{"code":"c","message":"m"}')).kind).toBe('passed')
    expect(judgeRefusal(answer(404, '<html>')).kind).toBe('failed')
    expect(judgeRefusal(answer(500, '{"code":"c","message":"m"}')).kind).toBe('failed')
  })
})
