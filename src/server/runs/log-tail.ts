import { redactText } from './redact.js'
import { storableText } from './storable-text.js'

/** So much of what a run printed is kept: the last of it, in bytes of UTF-8. */
export const MAX_LOG_TAIL_BYTES = 10_000

/** Secrets are searched for in somewhat more than is kept, since a cut may hide what names one. */
const MAX_SEARCHED_LENGTH = 65_536

/**
 * The end of what a run printed, as it is kept: secrets redacted, at most
 * {@link MAX_LOG_TAIL_BYTES} long, beginning with a whole character.
 */
export function logTail(text: string): string {
  const end = redactText(storableText(text.slice(-MAX_SEARCHED_LENGTH)))
  const bytes = Buffer.from(end)
  let start = Math.max(0, bytes.length - MAX_LOG_TAIL_BYTES)
  while (isContinuation(bytes[start])) start += 1
  return bytes.toString('utf8', start)
}

/** The last line that is not blank; empty when there is none. */
export function lastLine(text: string): string {
  const shown = text.trimEnd()
  return shown.slice(shown.lastIndexOf('\n') + 1).trim()
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
