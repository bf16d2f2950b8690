import { describe, expect, it } from 'vitest'
import { type BadgeDocument, findSubject } from '../../../src/server/badges/badge-subject.js'

const SINCE = '2026-01-28T12:00:00.000Z'

function documentOf(members: object): BadgeDocument {
  return members
}

function entryOf(members: object) {
  return { namespace: 'default', name: 'acled', status: 'Healthy', ...members }
}

describe('findSubject', () => {
  it('[P1.9] speaks of the whole when no key is named', () => {
    const document = documentOf({ status: 'Degraded', last_run: SINCE })

    expect(findSubject(document, null)).toEqual({
      name: 'pipelines',
      status: 'Degraded',
      last_run: SINCE,
    })
  })

  it('[P1.9] finds a source by its key, and calls it by its name', () => {
    const document = documentOf({ sources: { 'ns/a%2Fb': entryOf({ name: 'a/b' }) } })

    expect(findSubject(document, 'ns/a%2Fb')).toEqual({ name: 'a/b', status: 'Healthy' })
    expect(findSubject(document, 'ns/a/b')).toBeNull()
  })

  it('[P1.9] speaks as the pipeline of what is both, which is never better', () => {
    const document = documentOf({
      sources: { nightly: entryOf({ status: 'Healthy' }) },
      pipelines: { nightly: entryOf({ status: 'Degraded' }) },
    })

    expect(findSubject(document, 'nightly')?.status).toBe('Degraded')
  })

  it('[P1.9] tells since when it is late, or failing', () => {
    const late = documentOf({ sources: { a: entryOf({ status: 'Late', late_since: SINCE }) } })
    const failing = documentOf({
      sources: { a: entryOf({ status: 'Failing' }), b: entryOf({}) },
      alerts: [
        { source: 'b', severity: 'info', since: SINCE },
        { source: 'a', severity: 'high', since: SINCE },
      ],
    })

    expect(findSubject(late, 'a')?.since).toBe(SINCE)
    expect(findSubject(failing, 'a')?.since).toBe(SINCE)
    expect(findSubject(failing, 'b')).not.toHaveProperty('since')
  })

  it.each(['constructor', '__proto__', 'toString', 'acled'])(
    '[P1.9] finds no %s where there is none',
    (key) => {
      expect(findSubject(documentOf({ sources: {}, pipelines: {} }), key)).toBeNull()
      expect(findSubject(documentOf({}), key)).toBeNull()
    },
  )

  it('[P1.9] finds a job that is called __proto__ where there is one', () => {
    const document = JSON.parse(
      '{"sources": {"__proto__": {"name": "__proto__", "status": "Late"}}}',
    ) as BadgeDocument

    expect(findSubject(document, '__proto__')).toMatchObject({ status: 'Late' })
  })

  it('[P1.9] believes no status that there is not', () => {
    expect(findSubject(documentOf({ status: 'Splendid' }), null)?.status).toBe('Unknown')
    expect(findSubject(documentOf({}), null)?.status).toBe('Unknown')
  })
})
