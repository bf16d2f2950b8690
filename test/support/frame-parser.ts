import { isUtf8 } from 'node:buffer'
import { constants, inflateRawSync } from 'node:zlib'

/** One message or control frame, as it came off the wire. */
export interface ParsedFrame {
  readonly kind: 'text' | 'binary' | 'close' | 'ping' | 'pong'
  /** Whole and inflated. */
  readonly payload: Buffer
  readonly isCompressed: boolean
  /** How many bytes it took on the wire, headers included. */
  readonly wireBytes: number
}

/** What must hold of the stream. */
export interface FrameRules {
  /** Clients mask, servers do not. */
  readonly isMasked: boolean
  /** The window that was agreed on, 8 to 15; `null` when nothing may be compressed. */
  readonly windowBits: number | null
}

const KINDS = new Map([
  [1, 'text'],
  [2, 'binary'],
  [8, 'close'],
  [9, 'ping'],
  [10, 'pong'],
] as const)

const EMPTY_BLOCK = Buffer.from([0x00, 0x00, 0xff, 0xff])

/** A header that has been read whole. */
interface Header {
  readonly isFinal: boolean
  readonly isCompressed: boolean
  readonly opcode: number
  readonly mask: Buffer | null
  readonly length: number
  readonly offset: number
}

/**
 * Reads a stream of WebSocket frames by the letter of RFC 6455 and 7692, and throws at the first
 * byte that a strict peer would not take. Compressed messages must need no window but their own.
 */
export class FrameParser {
  readonly frames: ParsedFrame[] = []
  private readonly rules: FrameRules
  private chunks: Buffer[] = []
  private waitingBytes = 0
  /** A frame that has begun is looked at again when it is whole. */
  private neededBytes = 0
  private rest: Buffer = Buffer.alloc(0)
  private fragments: Buffer[] = []
  private fragmented: Header | undefined
  private fragmentedBytes = 0
  private isClosed = false

  constructor(rules: FrameRules) {
    this.rules = rules
  }

  /** Takes the next bytes of the stream, however they are cut. */
  push(chunk: Buffer): void {
    if (this.isClosed && chunk.length > 0) throw new Error('bytes after a close frame')
    this.chunks.push(chunk)
    this.waitingBytes += chunk.length
    if (this.waitingBytes < this.neededBytes) return
    this.rest = Buffer.concat(this.chunks)
    for (let header = this.readHeader(); header !== null; header = this.readHeader()) {
      const wireBytes = header.offset + header.length
      const payload = unmask(this.rest.subarray(header.offset, wireBytes), header.mask)
      this.rest = this.rest.subarray(wireBytes)
      if (header.opcode >= 8) this.takeControl(header, payload, wireBytes)
      else this.takeData(header, payload, wireBytes)
      if (this.isClosed && this.rest.length > 0) throw new Error('bytes after a close frame')
    }
    this.chunks = [this.rest]
    this.waitingBytes = this.rest.length
  }

  /** @throws Error when the stream stops within a frame or a message. */
  end(): void {
    if (this.waitingBytes > 0) throw new Error(`${this.waitingBytes} bytes of a frame at the end`)
    if (this.fragmented !== undefined) throw new Error('the last message has no end')
  }

  private readHeader(): Header | null {
    if (this.rest.length < 2) return null
    const [first = 0, second = 0] = this.rest
    const short = second & 0x7f
    const isMasked = (second & 0x80) !== 0
    if (isMasked !== this.rules.isMasked) throw new Error('masked by the wrong side')
    const lengthEnd = short === 127 ? 10 : short === 126 ? 4 : 2
    const offset = lengthEnd + (isMasked ? 4 : 0)
    if (this.rest.length < offset) return null
    const header = {
      isFinal: (first & 0x80) !== 0,
      isCompressed: (first & 0x40) !== 0,
      opcode: first & 0x0f,
      mask: isMasked ? this.rest.subarray(lengthEnd, offset) : null,
      length: this.readLength(short),
      offset,
    }
    if ((first & 0x30) !== 0) throw new Error('RSV2 or RSV3 is set')
    if (header.opcode !== 0 && !KINDS.has(header.opcode as 1)) {
      throw new Error(`unknown opcode ${header.opcode}`)
    }
    this.neededBytes = offset + header.length
    if (this.rest.length < this.neededBytes) return null
    this.neededBytes = 0
    return header
  }

  private readLength(short: number): number {
    if (short < 126) return short
    const length = short === 126 ? this.rest.readUInt16BE(2) : Number(this.rest.readBigUInt64BE(2))
    if (length < (short === 126 ? 126 : 65_536)) throw new Error('the length is not the shortest')
    if (!Number.isSafeInteger(length)) throw new Error('the length is beyond reason')
    return length
  }

  private takeControl(header: Header, payload: Buffer, wireBytes: number): void {
    if (!header.isFinal) throw new Error('a control frame in fragments')
    if (header.isCompressed) throw new Error('a compressed control frame')
    if (payload.length > 125) throw new Error('a control frame of more than 125 bytes')
    const kind = kindOf(header)
    if (kind === 'close') {
      this.isClosed = true
      if (payload.length === 1) throw new Error('half a close code')
      if (payload.length > 2 && !isUtf8(payload.subarray(2)))
        throw new Error('a reason in no UTF-8')
    }
    this.frames.push({ kind, payload, isCompressed: false, wireBytes })
  }

  private takeData(header: Header, payload: Buffer, wireBytes: number): void {
    const isContinuation = header.opcode === 0
    if (isContinuation !== (this.fragmented !== undefined))
      throw new Error('fragments out of order')
    if (isContinuation && header.isCompressed) throw new Error('RSV1 within a message')
    if (header.isCompressed && this.rules.windowBits === null) throw new Error('not negotiated')
    const head = this.fragmented ?? header
    this.fragmented = head
    this.fragments.push(payload)
    this.fragmentedBytes += wireBytes
    if (!header.isFinal) return
    const whole = this.whole(head)
    if (kindOf(head) === 'text' && !isUtf8(whole)) throw new Error('a text in no UTF-8')
    this.frames.push({
      kind: kindOf(head),
      payload: whole,
      isCompressed: head.isCompressed,
      wireBytes: this.fragmentedBytes,
    })
    this.fragmented = undefined
    this.fragments = []
    this.fragmentedBytes = 0
  }

  private whole(head: Header): Buffer {
    const payload = Buffer.concat(this.fragments)
    if (!head.isCompressed) return payload
    // zlib knows no smaller one; a frame that needs more than it was promised fails in here.
    const windowBits = Math.max(9, this.rules.windowBits ?? 15)
    return inflateRawSync(Buffer.concat([payload, EMPTY_BLOCK]), {
      windowBits,
      // zlib reaches back into the piece it is writing, beyond any window: keep the pieces small.
      ...(windowBits < 15 ? { chunkSize: 64 } : {}),
      finishFlush: constants.Z_SYNC_FLUSH,
    })
  }
}

function kindOf({ opcode }: Header): ParsedFrame['kind'] {
  const kind = KINDS.get(opcode as 1)
  if (kind === undefined) throw new Error('a continuation of nothing')
  return kind
}

function unmask(payload: Buffer, mask: Buffer | null): Buffer {
  if (mask === null) return Buffer.from(payload)
  return Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)))
}
