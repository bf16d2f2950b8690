import { createHash } from 'node:crypto'
import { redactText } from './redact.js'
import { storableText, textHead } from './storable-text.js'

/** The longest namespace or name, in UTF-16 code units. */
export const MAX_NAME_LENGTH = 512

/** The namespace of jobs that name none. */
export const DEFAULT_NAMESPACE = 'default'

const DIGEST_LENGTH = 16

/**
 * A namespace or a name as we keep it. Names are shown to everybody, so secrets are redacted;
 * a name that is too long keeps its beginning and ends in `…` and a digest of the whole, so that
 * it stays the same name each time and different from its neighbours.
 *
 * @returns `null` when it is no text, or empty.
 */
export function canonicalName(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null
  return shortenedName(redactText(storableText(value)), MAX_NAME_LENGTH)
}

/**
 * A name that is short enough: one that is too long ends in `…` and a digest of the whole.
 *
 * @param maxLength - in UTF-16 code units.
 */
export function shortenedName(name: string, maxLength: number): string {
  if (name.length <= maxLength) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LENGTH)
  return `${textHead(name, maxLength - DIGEST_LENGTH - 1)}…${digest}`
}
