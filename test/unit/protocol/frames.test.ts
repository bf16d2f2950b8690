import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseClientMessage,
  PIPELINE_STATUS_FEED,
  updateType,
} from '../../../src/protocol/index.js'

const KINDS = ['ping', 'refresh', 'pause', 'resume', 'auth'] as const

describe('parseClientMessage', () => {
  it.each(['ping', 'refresh', 'pause', 'resume'])('[messages] reads %s', (type) => {
    expect(parseClientMessage(JSON.stringify({ type }))).toEqual({ type })
  })

  it('[messages] reads auth with its token, also an empty one', () => {
    expect(parseClientMessage('{"type":"auth","token":"t"}')).toEqual({ type: 'auth', token: 't' })
    expect(parseClientMessage('{"type":"auth","token":""}')).toEqual({ type: 'auth', token: '' })
  })

  it('[messages] leaves out members that it does not know', () => {
    const text = '{"type":"ping","token":"t","id":1}'

    expect(parseClientMessage(text)).toEqual({ type: 'ping' })
  })

  it.each([
    '',
    ' ',
    '{',
    'ping',
    'null',
    'true',
    '1',
    '"ping"',
    '[]',
    '[{"type":"ping"}]',
    '{}',
    '{"type":null}',
    '{"type":"Ping"}',
    '{"type":"ping "}',
    '{"type":["ping"]}',
    '{"type":"auth"}',
    '{"type":"auth","token":null}',
    '{"type":"auth","token":1}',
    '{"type":"auth","token":["t"]}',
    '{"type":"toString"}',
    '{"__proto__":{"type":"ping"}}',
    '{"type":"ping"}{"type":"ping"}',
  ])('[messages] takes %j for none of ours', (text) => {
    expect(parseClientMessage(text)).toBeNull()
  })

  it('[messages] never throws, whatever text comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(() => parseClientMessage(text)).not.toThrow()
      }),
    )
  })

  it('[messages] of any object gives null or one of the five, whatever else it holds', () => {
    const type = fc.oneof(fc.constantFrom(...KINDS), fc.jsonValue())
    const message = fc.record({ type, token: fc.jsonValue(), more: fc.jsonValue() })
    fc.assert(
      fc.property(message, (value) => {
        const parsed = parseClientMessage(JSON.stringify(value))
        const isOurs =
          KINDS.some((kind) => kind === value.type) &&
          (value.type !== 'auth' || typeof value.token === 'string')

        expect(parsed !== null).toBe(isOurs)
        if (parsed?.type === 'auth') expect(parsed.token).toBe(value.token)
        if (parsed !== null) expect(parsed.type).toBe(value.type)
      }),
    )
  })

  it('[messages] reads what is nested as deep as 4 KiB allow', () => {
    const text = `{"type":"ping","more":${'['.repeat(2000)}${']'.repeat(2000)}}`

    expect(parseClientMessage(text)).toEqual({ type: 'ping' })
  })
})

describe('updateType', () => {
  it('[frames] keeps the name that dashboards know for the built-in feed alone', () => {
    expect(updateType(PIPELINE_STATUS_FEED)).toBe('pipeline_status_update')
    expect(updateType('pipeline-status-2')).toBe('feed_update')
    expect(updateType('')).toBe('feed_update')
  })
})
