import { describe, expect, it } from 'vitest'
import { decideIngest, type ReporterFacts } from '../../../src/server/http/ingest-access.js'

/** Every combination of what can be known of a reporter. */
const everybody: readonly ReporterFacts[] = [true, false, null].flatMap((hasValidToken) =>
  [true, false].flatMap((isProduction) =>
    [true, false].flatMap((isLocal) =>
      [true, false].map((isForeignPage) => ({
        hasValidToken,
        isProduction,
        isLocal,
        isForeignPage,
      })),
    ),
  ),
)

const outcome = (facts: ReporterFacts) => {
  const refusal = decideIngest(facts)
  return refusal === null ? 'may report' : `${refusal.status} ${refusal.code}`
}

describe('decideIngest', () => {
  it('[ingest] a valid token is enough, whoever shows it and wherever', () => {
    const holders = everybody.filter(({ hasValidToken }) => hasValidToken === true)

    expect(holders.map(outcome)).toEqual(Array(8).fill('may report'))
  })

  it('[ingest] where tokens are set nothing else helps, not even being local', () => {
    const strangers = everybody.filter(({ hasValidToken }) => hasValidToken === false)

    expect(strangers.map(outcome)).toEqual(Array(8).fill('401 unauthorized'))
  })

  it.each([
    [{ isProduction: false, isLocal: true, isForeignPage: false }, 'may report'],
    [{ isProduction: false, isLocal: false, isForeignPage: false }, '403 ingest_closed'],
    [{ isProduction: true, isLocal: true, isForeignPage: false }, '403 ingest_closed'],
    [{ isProduction: true, isLocal: false, isForeignPage: false }, '403 ingest_closed'],
    [{ isProduction: false, isLocal: true, isForeignPage: true }, '403 origin_not_allowed'],
    [{ isProduction: false, isLocal: false, isForeignPage: true }, '403 origin_not_allowed'],
    [{ isProduction: true, isLocal: true, isForeignPage: true }, '403 origin_not_allowed'],
    [{ isProduction: true, isLocal: false, isForeignPage: true }, '403 origin_not_allowed'],
  ])('[ingest] where no tokens are set, %j: %s', (facts, expected) => {
    expect(outcome({ hasValidToken: null, ...facts })).toBe(expected)
  })

  it('[ingest] says what to do about each refusal', () => {
    for (const facts of everybody) {
      const refusal = decideIngest(facts)
      if (refusal !== null) expect(refusal.message).toMatch(/INGEST_TOKENS|ALLOWED_ORIGINS/)
    }
  })
})
