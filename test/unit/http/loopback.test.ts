import { describe, expect, it } from 'vitest'
import { isLoopbackHost, isLoopbackPeer } from '../../../src/server/http/loopback.js'

describe('isLoopbackHost', () => {
  it.each([
    'localhost',
    'localhost:8000',
    'LOCALHOST:8000',
    'pipecast.localhost',
    'pipecast.localhost:8000',
    '127.0.0.1',
    '127.0.0.1:8000',
    '127.8.9.10',
    '[::1]',
    '[::1]:8000',
    undefined,
  ])('[P1.10] %s is this machine, asked directly', (host) => {
    expect(isLoopbackHost(host)).toBe(true)
  })

  it.each([
    'status.example.com',
    'status.example.com:8000',
    'localhost.example.com',
    'notlocalhost',
    '127.0.0.1.example.com',
    'localhost@example.com',
    '10.0.0.1:8000',
    '128.0.0.1',
    '[::2]:8000',
    '0.0.0.0',
    'localhost:port',
    '',
  ])('[P1.10] %j is a name for others', (host) => {
    expect(isLoopbackHost(host)).toBe(false)
  })
})

describe('isLoopbackPeer', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('%s is', (address) => {
    expect(isLoopbackPeer(address)).toBe(true)
  })

  it.each(['10.0.0.1', '::ffff:10.0.0.1', '::2', '', undefined])('%s is not', (address) => {
    expect(isLoopbackPeer(address)).toBe(false)
  })
})
