import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PreparedFrame } from '../../../src/server/streaming/prepared-frame.js'
import type { UpgradedSocket } from '../../../src/server/streaming/upgraded-socket.js'
import { FrameClient } from '../../support/frame-client.js'
import { Stage } from './stage.js'

const BROWSER = 'permessage-deflate; client_max_window_bits'

let stage: Stage

beforeEach(() => {
  stage = new Stage()
})

afterEach(() => stage.close())

async function connect(extensions?: string) {
  const upgraded = stage.upgrade()
  const client = await FrameClient.open(
    await stage.url(),
    extensions === undefined ? {} : { extensions },
  )
  return { client, socket: await upgraded }
}

/** Resolves when the frame has left this process; false when it was not written. */
const write = (socket: UpgradedSocket, text: string) =>
  new Promise<boolean>((resolve, reject) => {
    const isWritten = socket.write(new PreparedFrame(text), (error) => {
      if (error == null) resolve(true)
      else reject(error)
    })
    if (isWritten === null) resolve(false)
    else if (!socket.isBehind) resolve(true)
  })

const update = (seq: number, length = 3_000) =>
  JSON.stringify({ type: 'update', seq, data: { text: `é${'abc '.repeat(length / 4)}` } })

describe('UpgradedSocket', () => {
  it('[P3.10] agrees with a browser on no context takeover, on both sides', async () => {
    const { client, socket } = await connect(BROWSER)
    await write(socket, update(1))
    socket.send('{"type":"small"}')
    await client.until(() => client.messages.length === 2)

    const agreed = client.header('sec-websocket-extensions')
    expect(agreed).toContain('server_no_context_takeover')
    expect(agreed).toContain('client_no_context_takeover')
    expect(client.frames.map(({ isCompressed }) => isCompressed)).toEqual([true, false])
    expect(client.frames[0]?.wireBytes).toBeLessThan(300)
    client.end()
  })

  it.each([
    ['no extension', undefined, false],
    ['another extension', 'x-webkit-deflate-frame', false],
    ['a window of 2^9', 'permessage-deflate; server_max_window_bits=9', true],
    ['a window of 2^8', 'permessage-deflate; server_max_window_bits=8', false],
    ['a second offer', 'permessage-deflate; server_max_window_bits=10, permessage-deflate', true],
  ])('[P3.10] serves a client that offers %s', async (_, extensions, isCompressed) => {
    const { client, socket } = await connect(extensions)
    await write(socket, update(1))
    await client.until(() => client.messages.length === 1)

    expect(client.frames[0]).toMatchObject({ isCompressed })
    expect(client.messages[0]).toMatchObject({ seq: 1 })
    client.end()
  })

  it('[P4.6] closes 1009 for a message that inflates to more than 4 KiB', async () => {
    stage.close()
    stage = new Stage({}, { maxPayload: 4_096 })
    const { client, socket } = await connect(BROWSER)
    const heard: string[] = []
    socket.webSocket.on('error', () => undefined)
    socket.webSocket.on('message', (data: Buffer) => heard.push(data.toString()))
    client.send('text', 'x'.repeat(4_096), { compress: true })
    client.send('text', 'x'.repeat(1_000_000), { compress: true })
    await client.until(() => client.frames.some(({ kind }) => kind === 'close'))

    expect(client.frames.at(-1)?.payload.readUInt16BE()).toBe(1009)
    expect(heard).toEqual(['x'.repeat(4_096)])
    client.end()
  })

  it('[P3.10] writes nothing once a close was received, or sent', async () => {
    const { client, socket } = await connect(BROWSER)
    client.send('close', Buffer.from([3, 0xe8]))
    while (socket.isOpen) await turn()
    expect(await write(socket, update(1))).toBe(false)
    socket.send('too late')
    await client.until(() => client.frames.length === 1)
    expect(client.frames[0]?.kind).toBe('close')
    client.end()

    const other = await connect()
    other.socket.webSocket.close(4200, 'maximum age')
    expect(await write(other.socket, update(1))).toBe(false)
    await other.client.until(() => other.client.frames.length === 1)
    other.client.end()
  })

  it('[P3.5] tells when a frame has left that did not leave at once, and of no other', async () => {
    const { client, socket } = await connect()
    const left: string[] = []
    const writeNamed = (name: string, size: number) =>
      socket.write(new PreparedFrame(update(1, size)), (error) => left.push(error?.message ?? name))
    client.socket.pause()
    writeNamed('at once', 100)
    expect(socket.isBehind).toBe(false)
    writeNamed('larger than the kernel takes', 16_000_000)
    expect(socket.isBehind).toBe(true)
    writeNamed('behind it', 100)
    for (let turns = 0; turns < 10; turns += 1) await turn()
    expect(left).toEqual([])

    client.socket.resume()
    await client.until(() => client.messages.length === 3)

    expect(left).toEqual(['larger than the kernel takes', 'behind it'])
    expect(socket.isBehind).toBe(false)
    client.end()
  })

  it('[P3.5] tells of a frame that will never leave that its socket is gone', async () => {
    const { client, socket } = await connect()
    client.socket.pause()
    const failed = new Promise<unknown>((resolve) => {
      socket.write(new PreparedFrame(update(1, 16_000_000)), resolve)
    })
    client.socket.destroy()

    expect(await failed).toBeInstanceOf(Error)
  })

  it('[P3.10] is sound to a strict peer, whatever is written in whatever order and pace', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('update'), size: fc.nat(200_000) }) },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constantFrom('send', 'ping', 'heed', 'pause', 'resume', 'turn'),
          size: fc.nat(100),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constantFrom('close', 'leave'), size: fc.nat(9) }),
      },
    )
    const offers = [undefined, BROWSER, 'permessage-deflate; server_max_window_bits=9']
    const scripts = fc.array(step, { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...offers), scripts, async (offer, steps) => {
        const { client, socket } = await connect(offer)
        let expected = 0
        for (const { do: what, size } of steps) {
          if (what === 'update' && socket.write(new PreparedFrame(update(1, size)), noted)) {
            expected += 1
          } else if (what === 'send' && socket.isOpen) {
            socket.send(JSON.stringify({ type: 'small', size }))
            expected += 1
          } else if (what === 'ping' && socket.isOpen) socket.webSocket.ping()
          else if (what === 'heed') client.send('ping', 'are you there?')
          else if (what === 'pause') client.socket.pause()
          else if (what === 'resume') client.socket.resume()
          else if (what === 'turn') await turn()
          else if (what === 'close') socket.webSocket.close(1001, 'restart;retry=500')
          else if (what === 'leave') client.send('close', Buffer.from([3, 0xe8]))
        }
        client.socket.resume()
        socket.webSocket.close(1001)
        await client.until(() => client.frames.some(({ kind }) => kind === 'close'))

        expect(client.messages).toHaveLength(expected)
        client.end({ isWhole: true })
      }),
      { numRuns: 60 },
    )
  })
})

/** A write that is cut off by the end of the socket is no failure of this test. */
const noted = () => undefined
