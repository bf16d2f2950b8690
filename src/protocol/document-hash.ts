import type { Json } from './merge-patch.js'

/**
 * Makes a function that hashes documents: the CRC-32 (as in zip and PNG) of the document's canonical
 * JSON (RFC 8785) in UTF-8, as 8 hexadecimal digits. It tells whether two sides hold the same
 * document; it is no protection against a forger.
 *
 * The canonical text of each object is remembered for as long as the object lives, so that a
 * document which shares most of its parts with the one before costs little. Objects that were
 * hashed must not be changed afterwards.
 */
export function createDocumentHash(): (document: Json) => string {
  const known = new WeakMap<object, string>()
  const canonical = (value: Json): string => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const remembered = known.get(value)
    if (remembered !== undefined) return remembered
    const text = Array.isArray(value)
      ? `[${(value as readonly Json[]).map(canonical).join(',')}]`
      : `{${Object.entries(value)
          .sort(([left], [right]) => (left < right ? -1 : 1)) // by UTF-16 units, as RFC 8785 says
          .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
          .join(',')}}`
    known.set(value, text)
    return text
  }
  return (document) => crc32(canonical(document)).toString(16).padStart(8, '0')
}

const POLYNOMIAL = 0xedb88320

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let rest = index
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1
  return rest
})

/** The CRC-32 of a text's UTF-8, without the bytes: no environment's encoder is needed. */
function crc32(text: string): number {
  let rest = 0xffffffff
  const take = (byte: number) => {
    rest = (rest >>> 8) ^ (table[(rest ^ byte) & 0xff] ?? 0)
  }
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) take(unit)
    else {
      const point = text.codePointAt(index) ?? unit
      if (point > 0xffff) index += 1
      takeMultibyte(point, take)
    }
  }
  return (rest ^ 0xffffffff) >>> 0
}

/** RFC 3629, section 3: two to four bytes, of which all but the first carry six bits each. */
function takeMultibyte(point: number, take: (byte: number) => void): void {
  const following = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
  take(([0xc0, 0xe0, 0xf0][following - 1] ?? 0) | (point >> (6 * following)))
  for (let left = following - 1; left >= 0; left -= 1) take(0x80 | ((point >> (6 * left)) & 0x3f))
}
