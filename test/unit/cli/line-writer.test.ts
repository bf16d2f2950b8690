import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createLineWriter } from '../../../src/cli/watch/line-writer.js'

/** A stream that is full after each line, until it is drained. */
function givenStream() {
  const written: string[] = []
  const stream = Object.assign(new EventEmitter(), {
    write: (text: string) => {
      written.push(text)
      return false
    },
  })
  return { stream, written, drain: () => stream.emit('drain') }
}

describe('a line writer', () => {
  it('writes each line at once to a reader that keeps up', () => {
    const { stream, written } = givenStream()
    const { write } = createLineWriter(
      Object.assign(stream, { write: (text: string) => written.push(text) }),
    )

    write('1\n', 'update')
    write('2\n', 'update')

    expect(written).toEqual(['1\n', '2\n'])
  })

  it('keeps the newest line only while the reader is behind', () => {
    const { stream, written, drain } = givenStream()
    const { write } = createLineWriter(stream)

    for (const line of ['1\n', '2\n', '3\n']) write(line, 'update')
    const before = [...written]
    drain()
    drain()

    expect(before).toEqual(['1\n'])
    expect(written).toEqual(['1\n', '3\n'])
  })

  it('keeps the newest of each kind, in the order in which they came', () => {
    const { stream, written, drain } = givenStream()
    const { write } = createLineWriter(stream)

    write('1\n', 'update')
    write('2\n', 'update')
    write('closing\n', 'closing')
    write('3\n', 'update')
    drain()

    expect(written).toEqual(['1\n', 'closing\n', '3\n'])
  })

  it('writes what waits when it is closed, once, and leaves no listener behind', () => {
    const { stream, written } = givenStream()
    const { write, close } = createLineWriter(stream)
    write('1\n', 'update')
    write('2\n', 'update')

    close()
    close()

    expect(written).toEqual(['1\n', '2\n'])
    expect(stream.eventNames()).toEqual([])
  })
})
