/** What a {@link FrameCounter} tells of a stream. */
export interface FrameListener {
  /**
   * A message has arrived whole.
   *
   * @param payloadBytes - its size on the wire, without the heads of its frames.
   * @param head - its first bytes, as many as the counter was asked to keep; valid only during the
   * call.
   */
  message(payloadBytes: number, head: Uint8Array): void
  /** A control frame has arrived whole: 8 close, 9 ping, 10 pong. */
  control(opcode: number): void
}

const FIRST_CONTROL_OPCODE = 8
const MAX_HEAD_BYTES = 10

/**
 * Finds the frames (RFC 6455, section 5.2) in what a server sends, by their lengths alone: the
 * payload is skipped, whatever it is. Chunks may be cut anywhere.
 */
export class FrameCounter {
  private readonly listener: FrameListener
  private readonly frameHead = new Uint8Array(MAX_HEAD_BYTES)
  private frameHeadBytes = 0
  private opcode = 0
  private isLast = false
  private leftInFrame = 0
  private messageBytes = 0
  private readonly kept: Uint8Array
  private keptBytes = 0

  /** @param keepBytes - how much of the beginning of each message to hand over. */
  constructor(listener: FrameListener, keepBytes = 0) {
    this.listener = listener
    this.kept = new Uint8Array(keepBytes)
  }

  /** Takes the next bytes of the stream, from `start` up to `end` of a chunk. */
  push(chunk: Uint8Array, start: number, end: number): void {
    let at = start
    while (at < end) {
      if (this.leftInFrame === 0) {
        this.frameHead[this.frameHeadBytes] = chunk[at] ?? 0
        this.frameHeadBytes += 1
        at += 1
        if (this.frameHeadBytes >= this.neededHeadBytes()) this.beginFrame()
      } else {
        const taken = Math.min(this.leftInFrame, end - at)
        if (this.keptBytes < this.kept.length && this.opcode < FIRST_CONTROL_OPCODE) {
          this.keep(chunk.subarray(at, at + taken))
        }
        at += taken
        this.leftInFrame -= taken
        if (this.leftInFrame === 0) this.endFrame()
      }
    }
  }

  private neededHeadBytes(): number {
    if (this.frameHeadBytes < 2) return 2
    const length = (this.frameHead[1] ?? 0) & 0x7f
    if (length === 126) return 4
    return length === 127 ? MAX_HEAD_BYTES : 2
  }

  private beginFrame(): void {
    const first = this.frameHead[0] ?? 0
    const short = (this.frameHead[1] ?? 0) & 0x7f
    this.isLast = (first & 0x80) !== 0
    this.opcode = first & 0x0f
    this.leftInFrame = short
    if (short >= 126) {
      this.leftInFrame = 0
      for (let index = 2; index < this.frameHeadBytes; index += 1) {
        this.leftInFrame = this.leftInFrame * 256 + (this.frameHead[index] ?? 0)
      }
    }
    this.frameHeadBytes = 0
    if (this.opcode < FIRST_CONTROL_OPCODE) this.messageBytes += this.leftInFrame
    if (this.leftInFrame === 0) this.endFrame()
  }

  private endFrame(): void {
    if (this.opcode >= FIRST_CONTROL_OPCODE) {
      this.listener.control(this.opcode)
      return
    }
    if (!this.isLast) return
    const bytes = this.messageBytes
    const { keptBytes } = this
    this.messageBytes = 0
    this.keptBytes = 0
    this.listener.message(bytes, this.kept.subarray(0, keptBytes))
  }

  private keep(payload: Uint8Array): void {
    const part = payload.subarray(0, this.kept.length - this.keptBytes)
    this.kept.set(part, this.keptBytes)
    this.keptBytes += part.length
  }
}
