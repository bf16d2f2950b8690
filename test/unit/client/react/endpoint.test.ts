import { afterEach, describe, expect, it, vi } from 'vitest'
import { configuredServer } from '../../../../src/client/react/configured-server.js'
import { EndpointError, readEndpoint, serverUrl } from '../../../../src/client/react/endpoint.js'

const at = (url: string) => ({ variable: 'NEXT_PUBLIC_WS_URL', url })
const HERE = undefined

describe('an endpoint', () => {
  it.each([
    ['/ws/monitoring/pipeline-status', HERE, '/'],
    ['ws/monitoring/pipeline-status', HERE, '/'],
    ['/ws/monitoring/pipeline-status/', HERE, '/'],
    ['/api/v1/ws/monitoring/pipeline-status', HERE, '/'],
    ['/board/ws/monitoring/pipeline-status', HERE, '/board/'],
    ['/ws/monitoring/pipeline-status', at('wss://status.example'), 'https://status.example/'],
    ['/ws/monitoring/pipeline-status', at('ws://127.0.0.1:8000/'), 'http://127.0.0.1:8000/'],
    ['/ws/monitoring/pipeline-status', at('https://a.example/b/api/v1'), 'https://a.example/b/'],
    ['/api/v1/ws/monitoring/pipeline-status', at('https://a.example/api/v1'), 'https://a.example/'],
    ['/ws/monitoring/pipeline-status', at('/status-api/'), '/status-api/'],
    [
      'wss://a.example/ws/monitoring/pipeline-status',
      at('https://b.example'),
      'https://a.example/',
    ],
    ['WS://a.example/x/api/v1/ws/monitoring/pipeline-status', HERE, 'http://a.example/x/'],
    ['http://a.example/ws/monitoring/pipeline-status', HERE, 'http://a.example/'],
  ])('%s leads to the server that is meant', (endpoint, server, url) => {
    const target = readEndpoint(endpoint, server)

    expect(target).toEqual({ url, feed: 'pipeline-status' })
  })

  it('names its feed, and its token if it has one', () => {
    const target = readEndpoint('/ws/monitoring/two%20words?x=1&token=a%2Bb', HERE)

    expect(target).toEqual({ url: '/', feed: 'two words', token: 'a+b' })
  })

  it.each([
    '',
    '/',
    '/ws/pipeline-status',
    '/ws/monitoring/',
    '/ws/monitoring/a/b',
    '/ws/monitoring/%E0%A4',
    'ftp://a.example/ws/elsewhere',
  ])('"%s" is refused with a word on what it should look like', (endpoint) => {
    expect(() => readEndpoint(endpoint, HERE)).toThrow(EndpointError)
    expect(() => readEndpoint(endpoint, HERE)).toThrow('/ws/monitoring/<feed>')
  })

  it('is refused without its token in the message', () => {
    expect(() => readEndpoint('/ws/status?token=secret', HERE)).toThrow(
      expect.not.stringContaining('secret'),
    )
  })

  it.each(['localhost:8000', 'status.example', 'https://'])(
    'below a server called "%s" is refused, naming the variable',
    (url) => {
      expect(() => serverUrl(at(url))).toThrow(`NEXT_PUBLIC_WS_URL is "${url}"`)
    },
  )
})

describe('the server that a build names', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.unstubAllGlobals()
  })

  it('is the first variable that is not empty', () => {
    vi.stubEnv('NEXT_PUBLIC_API_URL', 'https://api.example')
    const api = configuredServer()
    vi.stubEnv('NEXT_PUBLIC_WS_URL', 'wss://ws.example')
    const ws = configuredServer()
    vi.stubEnv('NEXT_PUBLIC_STATUS_URL', '')
    const still = configuredServer()
    vi.stubEnv('NEXT_PUBLIC_STATUS_URL', 'https://status.example')
    const status = configuredServer()

    expect([api, ws, still, status].map((server) => server?.url)).toEqual([
      'https://api.example',
      'wss://ws.example',
      'wss://ws.example',
      'https://status.example',
    ])
  })

  it.each([undefined, {}])('is the page itself where there is no environment: %j', (none) => {
    vi.stubGlobal('process', none)

    const server = configuredServer()

    vi.unstubAllGlobals()
    expect(server).toBeUndefined()
    expect(serverUrl(server)).toBe('/')
  })
})
