import type { Paint } from '../colour.js'
import { printable } from '../text-fit.js'

/** How one check ended. */
export type Outcome =
  | { readonly kind: 'passed'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string; readonly hint?: string }
  /** It could not be tried, or need not be; the detail says why. */
  | { readonly kind: 'skipped'; readonly detail: string }

/** One check with its end. */
export interface CheckResult {
  /** What was to be proved, as a claim. */
  readonly claim: string
  readonly outcome: Outcome
}

/** The claim holds. */
export function passed(detail: string): Outcome {
  return { kind: 'passed', detail }
}

/** The claim does not hold. @param hint - what an operator should look at. */
export function failed(detail: string, hint?: string): Outcome {
  return { kind: 'failed', detail, ...(hint === undefined ? {} : { hint }) }
}

/** The claim was not tried. */
export function skipped(detail: string): Outcome {
  return { kind: 'skipped', detail }
}

const MARKS = {
  passed: { mark: '✓', tone: 'good' },
  failed: { mark: '✗', tone: 'bad' },
  skipped: { mark: '–', tone: 'dim' },
} as const

/** A check as text: one line, and one more for a hint. */
export function resultText({ claim, outcome }: CheckResult, paint: Paint): string {
  const { mark, tone } = MARKS[outcome.kind]
  const line = `${paint(tone, mark)} ${claim}: ${printable(outcome.detail)}`
  if (outcome.kind !== 'failed' || outcome.hint === undefined) return line
  return `${line}\n  ${paint('warn', `→ ${printable(outcome.hint)}`)}`
}
