import { describe, expect, it } from 'vitest'
import { agreedWindowBits } from '../../../src/server/http/compression.js'

const answer = (extensions: string) => [
  'HTTP/1.1 101 Switching Protocols',
  `Sec-WebSocket-Extensions: ${extensions}`,
]

describe('agreedWindowBits', () => {
  it.each([
    ['permessage-deflate', 15],
    ['permessage-deflate; server_no_context_takeover; client_no_context_takeover', 15],
    ['permessage-deflate; server_max_window_bits=9; client_no_context_takeover', 9],
    ['permessage-deflate; client_max_window_bits=10; server_max_window_bits=12', 12],
    ['permessage-deflate; server_max_window_bits=15', 15],
  ])('[P3.10] reads the window of the server from: %s', (extensions, windowBits) => {
    expect(agreedWindowBits(answer(extensions))).toBe(windowBits)
  })

  it('[P3.10] gives plain frames to one who asks for a window that zlib does not have', () => {
    expect(agreedWindowBits(answer('permessage-deflate; server_max_window_bits=8'))).toBeNull()
  })

  it('[P3.10] gives plain frames where nothing was agreed on', () => {
    expect(agreedWindowBits(['HTTP/1.1 101 Switching Protocols'])).toBeNull()
    expect(agreedWindowBits(answer('something-else; server_max_window_bits=9'))).toBeNull()
  })
})
