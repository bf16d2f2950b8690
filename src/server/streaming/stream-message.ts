import type { Publication } from './frame.js'

/** What may stand beside the data of one message of an event stream. */
export interface MessageFields {
  /** Where a client that comes back says it was: it returns this as `Last-Event-ID`. */
  readonly id?: string
  /** How long a browser that loses the stream waits before it comes back, in milliseconds. */
  readonly retryMs?: number
}

/** A comment: it proves to proxies that the answer is alive, and no reader ever sees it. */
export const HEARTBEAT = ': ping\n\n'

/**
 * One server-sent event.
 *
 * @param json - JSON text of one line, as `JSON.stringify` writes it.
 */
export function streamMessage(json: string, { id, retryMs }: MessageFields = {}): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  const retryLine = retryMs === undefined ? '' : `retry: ${retryMs}\n`
  return `${retryLine}${idLine}data: ${json}\n\n`
}

/** Where in a feed's sequences a client is. */
export function cursorOf(epoch: string, { seq }: Pick<Publication, 'seq'>): string {
  return `${epoch}:${seq}`
}

/** Updates as messages, each encoded once for all streams. */
export class StreamMessages {
  private readonly encoded = new WeakMap<Publication, Buffer>()

  /** The message of a publication, in UTF-8. */
  of(epoch: string, publication: Publication): Buffer {
    const known = this.encoded.get(publication)
    if (known !== undefined) return known
    const text = streamMessage(publication.frameJson, { id: cursorOf(epoch, publication) })
    const message = Buffer.from(text, 'utf8')
    this.encoded.set(publication, message)
    return message
  }
}
