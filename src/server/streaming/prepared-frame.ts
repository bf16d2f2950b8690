import { constants, deflateRawSync } from 'node:zlib'

const FIN_TEXT = 0x81
const RSV1 = 0x40

/** Below this many bytes a message is not worth compressing. */
const MIN_COMPRESSED_BYTES = 1_024

/** RFC 7692, section 7.2.1: each message ends in an empty block, of which these are left away. */
const EMPTY_BLOCK_BYTES = 4

/**
 * One text message as whole WebSocket frames (RFC 6455) from a server, header and payload in one
 * buffer each: made once, then written to any number of sockets. The compressed ones are made when
 * the first socket wants them, once for each window.
 */
export class PreparedFrame {
  /** The message in UTF-8. */
  readonly payload: Buffer
  private readonly plain: Buffer
  private readonly deflated = new Map<number, Buffer>()

  constructor(text: string) {
    this.plain = textFrame(text)
    this.payload = this.plain.subarray(this.plain.length - Buffer.byteLength(text))
  }

  /**
   * The frame for a socket.
   *
   * @param windowBits - 9 to 15, as the socket has agreed; `null` for one that takes no compression.
   */
  wire(windowBits: number | null): Buffer {
    if (windowBits === null || this.payload.length < MIN_COMPRESSED_BYTES) return this.plain
    const known = this.deflated.get(windowBits)
    if (known !== undefined) return known
    const made = deflate(this.payload, windowBits)
    const frame = made.length < this.plain.length ? made : this.plain
    this.deflated.set(windowBits, frame)
    return frame
  }
}

/** One text message as one WebSocket frame from a server. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const offset = headerBytes(length)
  const frame = Buffer.allocUnsafe(offset + length)
  writeHeader(frame, FIN_TEXT, length)
  frame.write(text, offset)
  return frame
}

function deflate(payload: Buffer, windowBits: number): Buffer {
  const ended = deflateRawSync(payload, { windowBits, finishFlush: constants.Z_SYNC_FLUSH })
  const data = ended.subarray(0, -EMPTY_BLOCK_BYTES)
  const offset = headerBytes(data.length)
  const frame = Buffer.allocUnsafe(offset + data.length)
  writeHeader(frame, FIN_TEXT | RSV1, data.length)
  data.copy(frame, offset)
  return frame
}

function headerBytes(payloadLength: number): number {
  if (payloadLength < 126) return 2
  return payloadLength < 65_536 ? 4 : 10
}

function writeHeader(frame: Buffer, firstByte: number, payloadLength: number): void {
  frame[0] = firstByte
  switch (headerBytes(payloadLength)) {
    case 2:
      frame[1] = payloadLength
      return
    case 4:
      frame[1] = 126
      frame.writeUInt16BE(payloadLength, 2)
      return
    default:
      frame[1] = 127
      frame.writeBigUInt64BE(BigInt(payloadLength), 2)
  }
}
