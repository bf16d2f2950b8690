import { describe, expect, it } from 'vitest'
import { type AdmissionFacts, decideAdmission } from '../../../src/server/streaming/admission.js'

const WELCOME: AdmissionFacts = {
  isDraining: false,
  isOriginAllowed: true,
  token: 'accepted',
  place: 'free',
}

/** Every reason to refuse, in the order of the contract, with the fact that makes it so. */
const REASONS = [
  [503, 'draining', { isDraining: true }],
  [403, 'origin_not_allowed', { isOriginAllowed: false }],
  [401, 'unauthorized', { token: 'missing' }],
  [429, 'address_limit', { place: 'address_limit' }],
  [503, 'at_capacity', { place: 'at_capacity' }],
] as const

const pairs = REASONS.flatMap((first, index) =>
  REASONS.slice(index + 1).map((second) => [first, second] as const),
)

describe('decideAdmission', () => {
  it.each(['accepted', 'not_needed', 'promised'] as const)(
    '[admission] serves whom nothing speaks against, their token %s',
    (token) => {
      expect(decideAdmission({ ...WELCOME, token })).toBeNull()
    },
  )

  it.each(REASONS)('[admission] refuses with %i %s', (status, code, fact) => {
    expect(decideAdmission({ ...WELCOME, ...fact })).toMatchObject({ status, code })
  })

  it('[admission] refuses a bad token as it does a missing one, in other words', () => {
    const missing = decideAdmission({ ...WELCOME, token: 'missing' })
    const bad = decideAdmission({ ...WELCOME, token: 'bad' })

    expect(bad).toMatchObject({ status: 401, code: 'unauthorized' })
    expect(bad?.message).not.toBe(missing?.message)
  })

  it.each(pairs)('[admission] of two reasons names the first: %j, not %j', (first, second) => {
    const refusal = decideAdmission({ ...WELCOME, ...second[2], ...first[2] })

    expect(refusal).toMatchObject({ status: first[0], code: first[1] })
  })

  it('[admission] looks at the token before the place, also at a bad one', () => {
    const refusal = decideAdmission({ ...WELCOME, token: 'bad', place: 'address_limit' })

    expect(refusal?.status).toBe(401)
  })

  it('[informative lane] is for those who would be welcome if there were room, nobody else', () => {
    const told = REASONS.filter(
      ([, , fact]) => decideAdmission({ ...WELCOME, ...fact })?.mayBeToldOverSocket,
    )

    expect(told.map(([, code]) => code)).toEqual(['address_limit', 'at_capacity'])
  })

  it('[admission] always says when to try again, and why', () => {
    for (const [, , fact] of REASONS) {
      const refusal = decideAdmission({ ...WELCOME, ...fact })

      expect(refusal?.retryAfterMs).toBeGreaterThanOrEqual(1_000)
      expect(refusal?.message).not.toBe('')
    }
  })
})
