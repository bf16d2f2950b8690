import { describe, expect, it } from 'vitest'
import {
  cursorOf,
  HEARTBEAT,
  streamMessage,
  StreamMessages,
} from '../../../src/server/streaming/stream-message.js'
import { publicationOf } from './stage.js'

describe('streamMessage', () => {
  it('[P1.8] is the frame in one line of data, ended by an empty line', () => {
    expect(streamMessage('{"type":"pong"}')).toBe('data: {"type":"pong"}\n\n')
  })

  it('[P1.8] says before the data where it is and how long to wait', () => {
    expect(streamMessage('{}', { id: 'e1:7', retryMs: 5_000 })).toBe(
      'retry: 5000\nid: e1:7\ndata: {}\n\n',
    )
  })

  it('[P5.7] has a heartbeat that no reader takes for a message', () => {
    expect(HEARTBEAT).toMatch(/^:[^\n]*\n\n$/)
  })
})

describe('StreamMessages', () => {
  it('[P1.8] carries the cursor of an update as its id', () => {
    const publication = publicationOf(42)

    const text = new StreamMessages().of('e1', publication).toString('utf8')

    expect(text).toBe(`id: ${cursorOf('e1', publication)}\ndata: ${publication.frameJson}\n\n`)
    expect(cursorOf('e1', publication)).toBe('e1:42')
  })

  it('[P1.8] keeps what the data says on one line, whatever it says', () => {
    const text = new StreamMessages()
      .of('e1', publicationOf(1, 'a\nb\r\nc\u2028ü'))
      .toString('utf8')

    expect(text.split(/\r\n|\n|\r/)).toHaveLength(4)
    expect(JSON.parse(text.split('\ndata: ')[1] ?? '')).toMatchObject({ data: 'a\nb\r\nc\u2028ü' })
  })

  it('encodes an update once for all streams, and the next one anew', () => {
    const messages = new StreamMessages()
    const [one, other] = [publicationOf(1), publicationOf(1)]

    expect(messages.of('e1', one)).toBe(messages.of('e1', one))
    expect(messages.of('e1', other)).not.toBe(messages.of('e1', one))
  })
})
