import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createUpgradeGate,
  type Upgrade,
  type UpgradeGate,
} from '../../../src/server/http/upgrade-gate.js'

let server: Server
let gate: UpgradeGate
let errors: string[]
let passed: string[]

beforeEach(async () => {
  errors = []
  passed = []
  server = createServer((request, response) => response.end(`a request of ${request.url ?? ''}`))
  gate = createUpgradeGate(server, { error: (_about, message) => errors.push(message) })
  gate.server.on('upgrade', ({ url = '' }, socket) => {
    passed.push(url)
    socket.end('passed')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => server.close())

/** What the server says to an upgrade; nothing when it ends the connection at once. */
async function answerTo(path: string, protocol = 'websocket'): Promise<string> {
  const { port } = server.address() as AddressInfo
  const socket: Socket = connect({ host: '127.0.0.1', port })
  const answered = once(socket, 'data').then(([data]) => String(data))
  const ended = once(socket, 'close').then(() => '')
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
  )
  const answer = await Promise.race([answered, ended])
  socket.destroy()
  return answer
}

const take = ({ request, socket }: Upgrade) => {
  if (request.url !== '/mine') return false
  socket.end('taken')
  return true
}

describe('the upgrade gate', () => {
  it('passes on every WebSocket while nobody takes any', async () => {
    const answer = await answerTo('/mine')

    expect(answer).toBe('passed')
    expect(passed).toEqual(['/mine'])
  })

  it('passes on only those that are not taken', async () => {
    gate.takeFirst(take)

    const answers = [await answerTo('/mine'), await answerTo('/other')]

    expect(answers).toEqual(['taken', 'passed'])
    expect(passed).toEqual(['/other'])
  })

  it('passes on all again, for good, once nobody may take any', async () => {
    gate.takeFirst(take)
    gate.takeNone()
    gate.takeFirst(take)

    const answer = await answerTo('/mine')

    expect(answer).toBe('passed')
  })

  it('offers nobody what is no WebSocket', async () => {
    gate.takeFirst(take)

    const answer = await answerTo('/mine', 'TLS/1.2')

    expect(answer).toContain('a request of /mine')
    expect(passed).toEqual([])
  })

  it('ends one that fails, and goes on', async () => {
    gate.takeFirst((upgrade) => {
      if (upgrade.request.url === '/broken') throw new Error('broken')
      return take(upgrade)
    })

    const answers = [await answerTo('/broken'), await answerTo('/mine')]

    expect(answers).toEqual(['', 'taken'])
    expect(errors).toEqual(['an upgrade failed'])
  })
})
