import { describe, expect, it } from 'vitest'
import { InvalidAddressError, resolveEndpoints } from '../../../src/cli/endpoints.js'

describe('resolveEndpoints', () => {
  it('derives every URL from an http address', () => {
    const endpoints = resolveEndpoints('http://localhost:8000')

    expect(endpoints).toEqual({
      base: 'http://localhost:8000',
      socket: 'ws://localhost:8000/ws/monitoring/pipeline-status',
      apiSocket: 'ws://localhost:8000/api/v1/ws/monitoring/pipeline-status',
      socketOverHttp: 'http://localhost:8000/ws/monitoring/pipeline-status',
      unknownFeed: 'ws://localhost:8000/ws/monitoring/no-such-feed',
      health: 'http://localhost:8000/health',
      ready: 'http://localhost:8000/api/v1/public/ready',
      publicHealth: 'http://localhost:8000/api/v1/public/health',
      document: 'http://localhost:8000/api/v1/monitoring/pipeline-status',
    })
  })

  it.each([
    ['http://h', 'http://h', 'ws://h/'],
    ['ws://h', 'http://h', 'ws://h/'],
    ['https://h', 'https://h', 'wss://h/'],
    ['wss://h', 'https://h', 'wss://h/'],
    ['localhost:8000', 'http://localhost:8000', 'ws://localhost:8000/'],
    ['https://h/sub', 'https://h/sub', 'wss://h/sub/'],
    ['https://h/sub//', 'https://h/sub', 'wss://h/sub/'],
    ['http://[::1]:8000/', 'http://[::1]:8000', 'ws://[::1]:8000/'],
    ['ws://h/ws/monitoring/pipeline-status', 'http://h', 'ws://h/'],
    ['wss://h/sub/api/v1/ws/monitoring/pipeline-status', 'https://h/sub', 'wss://h/sub/'],
  ])('reads %s as %s', (address, base, socketPrefix) => {
    const endpoints = resolveEndpoints(address)

    expect(endpoints.base).toBe(base)
    expect(endpoints.socket).toBe(`${socketPrefix}ws/monitoring/pipeline-status`)
  })

  it.each([
    ['ftp://h', 'neither http'],
    ['http://', 'not a URL'],
    ['http://a:b@h', 'credentials'],
    ['http://h/?token=secret', '--token'],
  ])('refuses %s and says what to do', (address, words) => {
    const resolve = () => resolveEndpoints(address)

    expect(resolve).toThrow(InvalidAddressError)
    expect(resolve).toThrow(words)
  })

  it('does not repeat a token that was put into the address', () => {
    const resolve = () => resolveEndpoints('http://h/?token=secret')

    expect(resolve).not.toThrow('secret')
  })
})
