import { describe, expect, it } from 'vitest'
import { decideScrape } from '../../../src/server/http/scrape-access.js'

const direct = { hasValidToken: null, isForwarded: false }

describe('decideScrape', () => {
  it.each([
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '10.1.2.3',
    '172.17.0.1',
    '192.168.1.20',
    '::ffff:10.0.0.9',
    'fd12:3456::1',
    'fe80::1',
  ])('[P1.10] without a token %s may read: it is this machine or a private network', (peer) => {
    expect(decideScrape({ ...direct, peer })).toBeNull()
  })

  it.each(['8.8.8.8', '100.64.0.2', '172.32.0.1', '2001:db8::1', '0.0.0.0', 'nonsense', undefined])(
    '[P1.10] without a token %s may not',
    (peer) => {
      expect(decideScrape({ ...direct, peer })).toMatchObject({
        status: 403,
        code: 'metrics_closed',
      })
    },
  )

  it('[P1.10] a proxy nearby does not make its clients nearby', () => {
    const facts = { hasValidToken: null, isForwarded: true, peer: '10.0.0.1' }

    expect(decideScrape(facts)).toMatchObject({ status: 403 })
  })

  it('[P1.10] where a token is set it is enough, and nothing else is', () => {
    const [near, far] = ['127.0.0.1', '8.8.8.8']

    expect(decideScrape({ hasValidToken: true, isForwarded: true, peer: far })).toBeNull()
    expect(decideScrape({ hasValidToken: false, isForwarded: false, peer: near })).toMatchObject({
      status: 401,
      code: 'unauthorized',
    })
  })
})
