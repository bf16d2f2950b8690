import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { createLookup, readAddresses } from '../../../../src/cli/run/resolve-host.js'

const LISTING = `::1             STREAM localhost
::1             DGRAM
127.0.0.1       STREAM
127.0.0.1       RAW
`

function lookup(hostname: string, all: boolean): Promise<string | LookupAddress[]> {
  return new Promise((resolve, reject) => {
    createLookup(new AbortController().signal)(hostname, { all }, (error, address) => {
      if (error === null) resolve(address)
      else reject(error)
    })
  })
}

describe('readAddresses', () => {
  it('lists each address once, in the order of the resolver', () => {
    expect(readAddresses(LISTING)).toEqual([
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ])
  })

  it('finds nothing in what is no listing', () => {
    expect(readAddresses('')).toEqual([])
    expect(readAddresses('nonsense here\n')).toEqual([])
  })
})

describe('createLookup', () => {
  it('finds localhost, as one address or all of them', async () => {
    expect(['127.0.0.1', '::1']).toContain(await lookup('localhost', false))
    expect(await lookup('localhost', true)).toContainEqual({ address: '127.0.0.1', family: 4 })
  })

  it('says ENOTFOUND for a name that nobody has', async () => {
    await expect(lookup('nobody.invalid', true)).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })
})
