/**
 * What is negotiated of RFC 7692 (permessage-deflate). Neither side keeps a window from one message
 * to the next, so one compressed frame suits every socket that has agreed on the same window. Those
 * frames are made by the broadcaster; ws itself compresses nothing, it only inflates what comes,
 * within `maxPayload`.
 */
export const COMPRESSION = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  // Messages from clients are small: the default would set 16 KiB aside for each.
  zlibInflateOptions: { chunkSize: 1024 },
} as const

/** zlib has no smaller window for raw deflate, although the RFC knows one of 2^8 bytes. */
const MIN_WINDOW_BITS = 9
const MAX_WINDOW_BITS = 15

/**
 * How large a window the peer of an accepted upgrade has for compressed frames.
 *
 * @param headers - the lines of the answer to the upgrade.
 * @returns the binary logarithm of its bytes, 9 to 15; `null` when it gets plain frames.
 */
export function agreedWindowBits(headers: readonly string[]): number | null {
  const line = headers.find((header) => /^sec-websocket-extensions:/i.test(header))
  if (line === undefined || !/\bpermessage-deflate\b/.test(line)) return null
  const agreed = /\bserver_max_window_bits=(\d+)/.exec(line)?.[1]
  const windowBits = agreed === undefined ? MAX_WINDOW_BITS : Number(agreed)
  return windowBits < MIN_WINDOW_BITS ? null : windowBits
}
