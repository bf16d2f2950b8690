import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientAddressReader } from '../../../src/server/http/client-address.js'

/** Who a client is, given whom to trust and what the request says. */
function addressOf(
  trusted: readonly string[],
  peer: string | undefined,
  headers: { readonly forwardedFor?: string; readonly realIp?: string } = {},
): string {
  return clientAddressReader(trusted)({
    peer,
    forwardedFor: headers.forwardedFor,
    realIp: headers.realIp,
  })
}

describe('clientAddressReader, with nobody trusted', () => {
  it('[client address] is the peer, whatever the headers claim', () => {
    const headers = { forwardedFor: '1.1.1.1, 2.2.2.2', realIp: '3.3.3.3' }

    expect(addressOf([], '203.0.113.5', headers)).toBe('203.0.113.5')
    expect(addressOf([], '100.64.0.1', headers)).toBe('100.64.0.1')
    expect(addressOf([], '10.0.0.1', headers)).toBe('10.0.0.1')
    expect(addressOf([], '127.0.0.1', headers)).toBe('127.0.0.1')
  })

  it('[client address] takes IPv4 written as IPv6 for IPv4', () => {
    expect(addressOf([], '::ffff:203.0.113.5')).toBe('203.0.113.5')
    expect(addressOf([], '::ffff:cb00:7105')).toBe('203.0.113.5')
  })

  it('[client address] counts a whole IPv6 /64 as one, and no more than that', () => {
    const one = addressOf([], '2001:db8:0:1::1')

    expect(one).toBe('2001:db8:0:1::/64')
    expect(addressOf([], '2001:db8:0:1:ffff:ffff:ffff:ffff')).toBe(one)
    expect(addressOf([], '2001:db8:0:2::1')).not.toBe(one)
    expect(addressOf([], '2001:DB8:0:1::2')).toBe(one)
  })

  it('[client address] does not mind the zone of a link-local address', () => {
    expect(addressOf([], 'fe80::1%eth0')).toBe('fe80::/64')
  })

  it.each([undefined, '', 'unix', 'not an address', '1.2.3.4:80', '999.1.1.1'])(
    '[client address] is unknown for a peer %j',
    (peer) => {
      expect(addressOf(['10.0.0.0/8', 'railway'], peer, { realIp: '1.1.1.1' })).toBe('unknown')
    },
  )
})

describe('clientAddressReader, on Railway', () => {
  const trusted = ['railway']
  const realIp = '203.0.113.5'

  it.each(['100.64.0.0', '100.64.0.1', '100.100.1.1', '100.127.255.255', '::ffff:100.64.0.1'])(
    '[client address] believes X-Real-IP from the edge at %s',
    (peer) => {
      expect(addressOf(trusted, peer, { realIp })).toBe(realIp)
    },
  )

  it.each(['100.63.255.255', '100.128.0.0', '10.0.0.1', '127.0.0.1', '198.51.100.1'])(
    '[client address] does not believe it from %s',
    (peer) => {
      expect(addressOf(trusted, peer, { realIp })).toBe(peer)
    },
  )

  it('[client address] ignores X-Forwarded-For, which the client can begin', () => {
    const headers = { realIp, forwardedFor: '6.6.6.6, 7.7.7.7' }

    expect(addressOf(trusted, '100.64.0.1', headers)).toBe(realIp)
    expect(addressOf(trusted, '100.64.0.1', { forwardedFor: '6.6.6.6' })).toBe('100.64.0.1')
  })

  it.each(['', 'garbage', '1.1.1.1, 2.2.2.2', '1.1.1.1:80'])(
    '[client address] is the edge itself when X-Real-IP is %j',
    (bad) => {
      expect(addressOf(trusted, '100.64.0.1', { realIp: bad })).toBe('100.64.0.1')
    },
  )

  it('[client address] names the /64 of an IPv6 client', () => {
    expect(addressOf(trusted, '100.64.0.1', { realIp: '2001:db8::9' })).toBe('2001:db8::/64')
  })
})

describe('clientAddressReader, on Render', () => {
  const trusted = ['render']

  it('[client address] is the last but one: the edge appends the client and itself', () => {
    const forwardedFor = '6.6.6.6, 203.0.113.5, 10.1.1.1'

    expect(addressOf(trusted, '10.9.9.9', { forwardedFor })).toBe('203.0.113.5')
  })

  it.each(['9.255.255.255', '11.0.0.0', '100.64.0.1'])(
    '[client address] believes nothing from %s',
    (peer) => {
      expect(addressOf(trusted, peer, { forwardedFor: '203.0.113.5, 10.1.1.1' })).toBe(peer)
    },
  )

  it.each([undefined, '', '203.0.113.5', 'garbage, 10.1.1.1'])(
    '[client address] is the peer when the header is %j',
    (forwardedFor) => {
      const headers = forwardedFor === undefined ? {} : { forwardedFor }

      expect(addressOf(trusted, '10.9.9.9', headers)).toBe('10.9.9.9')
    },
  )

  it('[client address] does not believe X-Real-IP', () => {
    expect(addressOf(trusted, '10.9.9.9', { realIp: '6.6.6.6' })).toBe('10.9.9.9')
  })
})

describe('clientAddressReader, with ranges', () => {
  const trusted = ['10.0.0.0/8', '192.168.1.1', 'fd00::/8']

  it.each([
    ['203.0.113.5', '203.0.113.5'],
    ['203.0.113.5, 10.0.0.2', '203.0.113.5'],
    ['203.0.113.5, 192.168.1.1, 10.0.0.2', '203.0.113.5'],
    ['203.0.113.5, fd00::7, 10.0.0.2', '203.0.113.5'],
    ['203.0.113.5,10.0.0.2', '203.0.113.5'],
    ['  203.0.113.5  ', '203.0.113.5'],
    ['::ffff:203.0.113.5, ::ffff:10.0.0.2', '203.0.113.5'],
  ])('[client address] walks outwards over our own proxies: %j is %s', (forwardedFor, client) => {
    expect(addressOf(trusted, '10.0.0.1', { forwardedFor })).toBe(client)
  })

  it('[client address] stops at the first that is not ours: what stands before it is a claim', () => {
    const forwardedFor = '6.6.6.6, 10.0.0.9, 203.0.113.5, 10.0.0.2'

    expect(addressOf(trusted, '10.0.0.1', { forwardedFor })).toBe('203.0.113.5')
  })

  it('[client address] takes a single address for that one alone', () => {
    expect(addressOf(trusted, '192.168.1.1', { forwardedFor: '203.0.113.5' })).toBe('203.0.113.5')
    expect(addressOf(trusted, '192.168.1.2', { forwardedFor: '203.0.113.5' })).toBe('192.168.1.2')
  })

  it('[client address] takes a single IPv6 address for that one alone', () => {
    const headers = { forwardedFor: '203.0.113.5' }

    expect(addressOf(['fd00::1'], 'fd00::1', headers)).toBe('203.0.113.5')
    expect(addressOf(['fd00::1'], 'fd00::2', headers)).toBe('fd00::/64')
  })

  it.each(['garbage', '6.6.6.6, garbage', '6.6.6.6, , 10.0.0.2', '6.6.6.6, 203.0.113.5:8080'])(
    '[client address] believes nothing behind a hop that cannot be read: %j',
    (forwardedFor) => {
      expect(addressOf(trusted, '10.0.0.1', { forwardedFor })).toBe('10.0.0.1')
    },
  )

  it('[client address] is the peer when no hop is named, and the outermost when all are ours', () => {
    expect(addressOf(trusted, '10.0.0.1')).toBe('10.0.0.1')
    expect(addressOf(trusted, '10.0.0.1', { forwardedFor: '10.0.0.3, 10.0.0.2' })).toBe('10.0.0.3')
  })

  it('[client address] keeps IPv4 and IPv6 ranges apart', () => {
    expect(addressOf(['::/0'], '203.0.113.5', { forwardedFor: '6.6.6.6' })).toBe('203.0.113.5')
    expect(addressOf(['0.0.0.0/0'], '2001:db8::1', { forwardedFor: '6.6.6.6' })).toBe(
      '2001:db8::/64',
    )
  })

  it('[client address] cannot be chosen by a client, whatever it sends', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), (claims) => {
        // The proxy appends the peer it sees to whatever the client had sent.
        const forwardedFor = [...claims, '203.0.113.5'].join(', ')

        expect(addressOf(trusted, '10.0.0.1', { forwardedFor })).toBe('203.0.113.5')
      }),
    )
  })

  it('[client address] never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (peer, forwardedFor, realIp) => {
        const read = clientAddressReader(['railway', 'render', '0.0.0.0/0', '::/0'])

        expect(read({ peer, forwardedFor, realIp })).not.toBe('')
      }),
    )
  })
})
