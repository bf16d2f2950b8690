import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, expect, it, vi } from 'vitest'
import { usePipelineStatus, useWebSocket } from '../../../../src/client/react/index.js'

function Board() {
  const { data, state } = usePipelineStatus({ sources: ['a'], onUpdate: () => undefined })
  return createElement('p', null, state.status, ' ', data === undefined ? 'no data' : 'data')
}

function Socket() {
  const { status, lastMessage, isUsingFallback } = useWebSocket({
    endpoint: '/ws/monitoring/pipeline-status',
    onMessage: () => undefined,
  })
  return createElement('p', null, JSON.stringify({ status, lastMessage, isUsingFallback }))
}

const text = (component: () => unknown) =>
  renderToString(createElement(component as never)).replace(/<[^>]*>|&quot;/g, '')

afterEach(() => vi.unstubAllGlobals())

it('usePipelineStatus is connecting on a server, and connects to nothing', () => {
  const fetch = vi.fn()
  vi.stubGlobal('fetch', fetch)

  const rendered = text(Board)

  expect(rendered).toBe('connecting no data')
  expect(fetch).not.toHaveBeenCalled()
})

it('useWebSocket is connecting on a server, without a message', () => {
  const rendered = text(Socket)

  expect(rendered).toBe('{status:connecting,lastMessage:null,isUsingFallback:false}')
})

it('a wrong endpoint is an error in the component that has it', () => {
  const Wrong = () => createElement('p', null, useWebSocket({ endpoint: '/ws/status' }).status)

  expect(() => text(Wrong)).toThrow('it should end in /ws/monitoring/<feed>')
})

it.each([
  ['reconnectInterval', -1],
  ['reconnectInterval', NaN],
  ['maxReconnectAttempts', -1],
])('a wrong %s, %d, is an error in the component that has it', (name, value) => {
  const Wrong = () => {
    const endpoint = '/ws/monitoring/pipeline-status'
    return createElement('p', null, useWebSocket({ endpoint, [name]: value }).status)
  }

  expect(() => text(Wrong)).toThrow(RangeError)
  expect(() => text(Wrong)).toThrow(name)
})
