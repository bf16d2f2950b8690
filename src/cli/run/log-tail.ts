import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

/** So much of what a command writes is kept, in bytes of UTF-8. */
export const MAX_LOG_TAIL_BYTES = 10_000

/** A tail that is cut begins with a whole line if it loses no more than this by it, in bytes. */
const MAX_PARTIAL_LINE_BYTES = 1_000

/** No character of UTF-16 takes less than a byte, so these hold every byte that is kept. */
const KEPT_UNITS = MAX_LOG_TAIL_BYTES + 8

/** Text is cut only now and then: a command may write a million lines of one byte. */
const MAX_UNITS = 4 * KEPT_UNITS

/** The end of what streams carried, in the order of arrival, in bounded memory. */
export class LogTail {
  #text = ''

  /** A writer for one stream: half a character waits there for its other half. */
  writer(): (chunk: Buffer) => void {
    let decoder = new StringDecoder('utf8')
    return (chunk) => {
      if (chunk.length <= MAX_UNITS) {
        this.#append(decoder.write(chunk))
        return
      }
      decoder = new StringDecoder('utf8')
      this.#append(decoder.write(chunk.subarray(characterStart(chunk, chunk.length - KEPT_UNITS))))
    }
  }

  /** The last {@link MAX_LOG_TAIL_BYTES} at most, cut between characters. */
  text(): string {
    const bytes = Buffer.from(this.#text, 'utf8')
    if (bytes.length <= MAX_LOG_TAIL_BYTES) return this.#text
    const start = characterStart(bytes, bytes.length - MAX_LOG_TAIL_BYTES)
    const lineEnd = bytes.indexOf('\n', start)
    // A line without its beginning may be a password without the word that gives it away.
    const hasNearLine = lineEnd >= 0 && lineEnd - start < MAX_PARTIAL_LINE_BYTES
    return bytes.toString('utf8', hasNearLine ? lineEnd + 1 : start)
  }

  /** The last line that says something, without colours; `undefined` when none does. */
  lastLine(maxLength: number): string | undefined {
    const lines = stripVTControlCharacters(this.text()).split(/[\r\n]+/)
    const last = lines.findLast((line) => line.trim() !== '')?.trim()
    return last?.slice(0, maxLength)
  }

  #append(text: string): void {
    this.#text += text
    if (this.#text.length > MAX_UNITS) this.#text = this.#text.slice(-KEPT_UNITS)
  }
}

function characterStart(bytes: Buffer, from: number): number {
  let start = from
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1
  return start
}
