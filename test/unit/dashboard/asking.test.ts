import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  askAt,
  askedAgain,
  type Asking,
  type Conditions,
  NEVER_ASKED,
  type Outcome,
  withNews,
} from '../../../src/dashboard/page/asking.js'

const seen: Conditions = { version: 1, everyMs: Infinity, isHidden: false, isReceiving: true }
const hidden: Conditions = { ...seen, isHidden: true }
const cutOff: Conditions = { ...seen, isReceiving: false }

/** Asked at 10 s, with this outcome at 10.3 s. */
function ended(outcome: Outcome, change: Partial<Asking> = {}): Asking {
  return { ...askedAgain(10_000), ended: { outcome, at: 10_300 }, ...change }
}

describe('when a question is asked', () => {
  it('is at once for the first time, whether somebody looks or not', () => {
    expect(askAt(NEVER_ASKED, seen)).toBe(-Infinity)
    expect(askAt(NEVER_ASKED, hidden)).toBe(-Infinity)
  })

  it('is never while the server is asked, whatever happens', () => {
    const changed = withNews(askedAgain(10_000), cutOff, { ...seen, version: 2 })

    expect(askAt(changed, { ...seen, everyMs: 5_000 })).toBe(Infinity)
  })

  it('is never again after an answer, nor after a refusal, while nothing happens', () => {
    expect(askAt(ended('answered'), seen)).toBe(Infinity)
    expect(askAt(ended('refused'), seen)).toBe(Infinity)
  })

  it('is so long after the answer where it is asked again and again', () => {
    expect(askAt(ended('answered'), { ...seen, everyMs: 7_000 })).toBe(17_300)
    expect(askAt(ended('refused'), { ...seen, everyMs: 7_000 })).toBe(17_300)
  })

  it.each(['answered', 'refused'] as const)(
    'is 1 s after it was asked last when something changes, however long it took (%s)',
    (outcome) => {
      const changed = withNews(ended(outcome), seen, { ...seen, version: 2 })

      expect(askAt(changed, seen)).toBe(11_000)
      expect(askAt(changed, { ...seen, everyMs: 7_000 })).toBe(11_000)
    },
  )

  it('is not forgotten when a change comes while the server is asked, nor when it is undone', () => {
    const changed = withNews(askedAgain(10_000), seen, { ...seen, version: 2 })
    const undone = withNews(changed, { ...seen, version: 2 }, seen)

    const answered: Asking = { ...undone, ended: { outcome: 'answered', at: 10_300 } }

    expect(askAt(answered, seen)).toBe(11_000)
  })

  it('is 5 s after a failure, even when something changes or it is asked more often', () => {
    const changed = withNews(ended('failed'), seen, { ...seen, version: 2 })

    expect(askAt(ended('failed'), seen)).toBe(15_300)
    expect(askAt(changed, { ...seen, everyMs: 2_000 })).toBe(15_300)
  })

  it.each(['failed', 'refused'] as const)(
    'is as soon as the connection is back when there is no answer (%s), 1 s after the last time',
    (outcome) => {
      expect(askAt(withNews(ended(outcome), cutOff, seen), seen)).toBe(11_000)
    },
  )

  it('is as soon as what was asked before the connection came back has failed', () => {
    const back = withNews(askedAgain(10_000), cutOff, seen)

    expect(askAt({ ...back, ended: { outcome: 'failed', at: 18_000 } }, seen)).toBe(11_000)
  })

  it('does not follow from a connection that is back when there is an answer, or that goes', () => {
    expect(askAt(withNews(ended('answered'), cutOff, seen), seen)).toBe(Infinity)
    expect(askAt(withNews(ended('failed'), seen, cutOff), cutOff)).toBe(15_300)
  })

  it('waits for somebody who looks', () => {
    const changed = withNews(ended('answered'), hidden, { ...hidden, version: 2 })

    expect(askAt(changed, hidden)).toBe(Infinity)
    expect(askAt(ended('failed'), hidden)).toBe(Infinity)
    expect(askAt(ended('answered'), { ...hidden, everyMs: 5_000 })).toBe(Infinity)
    expect(askAt(changed, seen)).toBe(11_000)
  })

  it('is never sooner than 1 s after the last time, and after a failure never left to chance', () => {
    const outcome = fc.constantFrom<Outcome>('answered', 'refused', 'failed')
    const everyMs = fc.constantFrom(1_000, 5_000, Infinity)
    fc.assert(
      fc.property(
        fc.record({ outcome, everyMs, tookMs: fc.nat(8_000) }),
        fc.record({ isChanged: fc.boolean(), isBack: fc.boolean() }),
        ({ outcome, everyMs, tookMs }, news) => {
          const asking = { ...ended(outcome, news), ended: { outcome, at: 10_000 + tookMs } }

          const at = askAt(asking, { ...seen, everyMs })

          expect(at).toBeGreaterThanOrEqual(11_000)
          if (outcome === 'failed') expect(at).toBeLessThanOrEqual(10_000 + tookMs + 5_000)
        },
      ),
    )
  })
})
