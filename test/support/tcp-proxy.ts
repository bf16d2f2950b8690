import { once } from 'node:events'
import { createServer, connect, type Server, type Socket } from 'node:net'

/** Something between a client and Postgres that can go wrong on request. */
export interface TcpProxy {
  /** Leads to the same database, through the proxy. */
  readonly connectionString: string
  /** Cuts all connections and refuses new ones. */
  cut(): void
  /** Takes connections again. */
  mend(): void
  /**
   * Takes connections and bytes, and never answers, nor tells one side that the other has gone.
   * Connections of that time stay dead when it is mended, as those that a firewall forgot.
   */
  freeze(): void
  close(): Promise<void>
}

/** How a proxy treats what goes through it. */
export interface TcpProxyOptions {
  /** Loses every notification, as a transaction pooler does. */
  readonly swallowNotifications?: boolean
}

type Mode = 'open' | 'cut' | 'frozen'

/** Starts a proxy on a free port of this machine. */
export async function startTcpProxy(
  connectionString: string,
  options: TcpProxyOptions = {},
): Promise<TcpProxy> {
  const target = new URL(connectionString)
  const sockets = new Set<Socket>()
  let mode: Mode = 'open'
  let freezes = 0
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server: Server = createServer((client) => {
    keep(client)
    if (mode === 'cut') client.destroy()
    if (mode !== 'open') return
    const upstream = connect(Number(target.port), target.hostname)
    keep(upstream)
    const born = freezes
    const isAlive = () => born === freezes
    client.on('close', () => isAlive() && upstream.destroy())
    upstream.on('close', () => isAlive() && client.destroy())
    client.on('data', (chunk) => isAlive() && upstream.write(chunk))
    const pass = options.swallowNotifications === true ? withoutNotifications() : asItIs
    upstream.on('data', (chunk) => isAlive() && client.write(pass(chunk)))
  })
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined) // a cut is what this is for
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const address = server.address()
  const through = new URL(connectionString)
  through.hostname = '127.0.0.1'
  through.port = String(typeof address === 'object' ? address?.port : '')
  return {
    connectionString: through.href,
    cut: () => {
      mode = 'cut'
      destroyAll()
    },
    mend: () => {
      mode = 'open'
    },
    freeze: () => {
      mode = 'frozen'
      freezes += 1
    },
    close: async () => {
      destroyAll()
      server.close()
      await once(server, 'close')
    },
  }
}

const asItIs = (chunk: Buffer) => chunk

const NOTIFICATION_RESPONSE = 'A'.charCodeAt(0)

/** Messages of the server are one letter, and a length that counts itself and what follows it. */
function withoutNotifications(): (chunk: Buffer) => Buffer {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const passed: Buffer[] = []
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      const end = 1 + rest.readUInt32BE(1)
      if (rest[0] !== NOTIFICATION_RESPONSE) passed.push(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
    return Buffer.concat(passed)
  }
}
