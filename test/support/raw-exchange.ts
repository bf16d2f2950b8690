import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Long enough that two writes arrive as two packets on this machine. */
const BETWEEN_PACKETS_MS = 30

/** A TCP connection on which a test speaks HTTP by hand. */
export interface RawExchange {
  /** Sends each text as a packet of its own, then reads one answer. */
  ask(...packets: readonly string[]): Promise<{ readonly status: number; readonly body: string }>
  end(): void
}

/** Connects to a server. */
export async function openRawExchange(url: string): Promise<RawExchange> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  return {
    ask: async (...packets) => {
      for (const [index, packet] of packets.entries()) {
        if (index > 0) await delay(BETWEEN_PACKETS_MS)
        socket.write(packet)
      }
      return readAnswer(socket)
    },
    end: () => socket.destroy(),
  }
}

/** Reads one answer with a Content-Length. */
async function readAnswer(socket: Socket): Promise<{ status: number; body: string }> {
  let received = ''
  for (;;) {
    const [head = '', body] = received.split('\r\n\r\n')
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1])
    if (body !== undefined && body.length >= length) {
      return { status: Number(head.split(' ')[1]), body }
    }
    const [chunk] = (await Promise.race([
      once(socket, 'data', { signal: AbortSignal.timeout(15_000) }),
      once(socket, 'close').then(() => {
        throw new Error(`the server closed the connection after: ${received}`)
      }),
    ])) as [Buffer]
    received += chunk.toString('latin1')
  }
}
