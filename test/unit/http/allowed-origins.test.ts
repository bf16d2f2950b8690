import { describe, expect, it } from 'vitest'
import { originChecker } from '../../../src/server/http/allowed-origins.js'

const HOST = 'status.example.org'

describe('originChecker', () => {
  it('[origins] lets programs read, which send no origin', () => {
    expect(originChecker([], false)({ origin: undefined, host: HOST })).toBe(true)
  })

  it('[origins] lets everybody read when told so', () => {
    const mayRead = originChecker(['*'], false)

    expect(mayRead({ origin: 'https://anybody.example', host: HOST })).toBe(true)
    expect(mayRead({ origin: 'null', host: HOST })).toBe(true)
  })

  it.each([
    ['https://app.example.com', true],
    ['http://app.example.com', false],
    ['https://app.example.com:8443', false],
    ['https://sub.app.example.com', false],
    ['https://example.com', false],
    ['https://app.example.com.evil.com', false],
    ['https://evil-app.example.com', false],
    ['https://app.example.community', false],
  ])('[origins] with https://app.example.com named, %s: %s', (origin, expected) => {
    expect(originChecker(['https://app.example.com'], false)({ origin, host: HOST })).toBe(expected)
  })

  it.each([
    ['https://app.example.com', true],
    ['https://deep.app.example.com', true],
    ['https://example.com', false],
    ['https://evil-example.com', false],
    ['https://app.example.com.evil.com', false],
    ['https://evilexample.com', false],
    ['http://app.example.com', false],
    ['https://app.example.com:8443', false],
    ['wss://app.example.com', false],
  ])('[origins] with https://*.example.com named, %s: %s', (origin, expected) => {
    expect(originChecker(['https://*.example.com'], false)({ origin, host: HOST })).toBe(expected)
  })

  it('[origins] keeps the port of a wildcard', () => {
    const mayRead = originChecker(['https://*.example.com:8443'], false)

    expect(mayRead({ origin: 'https://app.example.com:8443', host: HOST })).toBe(true)
    expect(mayRead({ origin: 'https://app.example.com', host: HOST })).toBe(false)
    expect(mayRead({ origin: 'https://app.example.com:18443', host: HOST })).toBe(false)
  })

  it('[origins] looks at each of several', () => {
    const mayRead = originChecker(['https://a.example', 'https://*.b.example'], false)

    expect(mayRead({ origin: 'https://a.example', host: HOST })).toBe(true)
    expect(mayRead({ origin: 'https://x.b.example', host: HOST })).toBe(true)
    expect(mayRead({ origin: 'https://c.example', host: HOST })).toBe(false)
  })
})

describe('originChecker and the own host', () => {
  it.each([
    ['https://status.example.org', 'status.example.org', true],
    ['http://status.example.org', 'status.example.org', true],
    ['https://status.example.org', 'STATUS.example.org', true],
    ['http://status.example.org:8000', 'status.example.org:8000', true],
    ['http://status.example.org:8000', 'status.example.org', false],
    ['http://status.example.org', 'status.example.org:8000', false],
    ['https://other.example.org', 'status.example.org', false],
    ['https://status.example.org@evil.com', 'status.example.org', false],
    ['https://status.example.org', undefined, false],
    ['null', 'null', false],
    ['garbage', 'garbage', false],
    ['', '', false],
  ])('[origins] a page of %j asking %j: %s', (origin, host, expected) => {
    expect(originChecker([], false)({ origin, host })).toBe(expected)
  })
})

describe('originChecker and loopback', () => {
  it.each([
    'http://localhost',
    'http://localhost:3000',
    'https://localhost:3000',
    'http://app.localhost:3000',
    'http://127.0.0.1:5173',
    'http://127.1.2.3',
    'http://[::1]:3000',
  ])('[origins] %s may read where loopback may, and nowhere else', (origin) => {
    expect(originChecker([], true)({ origin, host: HOST })).toBe(true)
    expect(originChecker([], false)({ origin, host: HOST })).toBe(false)
  })

  it.each([
    'http://localhost.evil.com',
    'http://notlocalhost',
    'http://127.0.0.1.evil.com',
    'http://128.0.0.1',
    'http://[::2]',
    'http://localhost@evil.com',
    'http://192.168.1.1',
    'null',
  ])('[origins] %s is not loopback', (origin) => {
    expect(originChecker([], true)({ origin, host: HOST })).toBe(false)
  })
})
