import { PreparedFrame } from './prepared-frame.js'

/** A feed's update, encoded once for all who listen. */
export interface Frame {
  /** The position in the feed's sequence. */
  readonly seq: number
  /** The data is old: the database could not be read. */
  readonly isStale: boolean
  /** The JSON text in UTF-8. */
  readonly bytes: Buffer
  /** The same as a WebSocket message. */
  readonly message: PreparedFrame
}

/** What a feed publishes; the text is encoded only when somebody is there to get it. */
export interface Publication {
  readonly seq: number
  readonly isStale: boolean
  readonly frameJson: string
}

/** Encodes a publication for the wire. */
export function encodeFrame(publication: Publication): Frame {
  const message = new PreparedFrame(publication.frameJson)
  return {
    seq: publication.seq,
    isStale: publication.isStale,
    bytes: message.payload,
    message,
  }
}
