import type { Json, JsonObject } from './merge-patch.js'

/** Browsers and Node have it; the language has not. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array }

/**
 * Makes a function that hashes documents: the CRC-32 (as in zip and PNG) of the document's canonical
 * JSON (RFC 8785) in UTF-8, as 8 hexadecimal digits. It tells whether two sides hold the same
 * document; it is no protection against a forger.
 *
 * The canonical text of each object is remembered for as long as the object lives, so that a
 * document which shares most of its parts with the one before costs little. Objects that were
 * hashed must not be changed afterwards.
 *
 * @param crc - the CRC-32 of a text's UTF-8, where the platform knows a faster way.
 */
export function createDocumentHash(crc = crc32): (document: Json) => string {
  const known = new WeakMap<object, string>()
  const canonical = (value: Json): string => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const remembered = known.get(value)
    if (remembered !== undefined) return remembered
    const text = Array.isArray(value)
      ? `[${(value as readonly Json[]).map(canonical).join(',')}]`
      : `{${Object.keys(value)
          .sort() // by UTF-16 units, as RFC 8785 says
          .map((key) => `${JSON.stringify(key)}:${canonical((value as JsonObject)[key] ?? null)}`)
          .join(',')}}`
    known.set(value, text)
    return text
  }
  return (document) => crc(canonical(document)).toString(16).padStart(8, '0')
}

const POLYNOMIAL = 0xedb88320

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let rest = index
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1
  return rest
})

/** The CRC-32 of a text's UTF-8. */
function crc32(text: string): number {
  let rest = -1
  for (const byte of new TextEncoder().encode(text)) {
    rest = (rest >>> 8) ^ (table[(rest ^ byte) & 0xff] ?? 0)
  }
  return ~rest >>> 0
}
