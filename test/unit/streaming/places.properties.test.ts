import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Place, Places } from '../../../src/server/streaming/places.js'

const LIMITS = { max: 4, maxPerAddress: 2, holdMs: 10 }

/** One socket, as somebody who keeps a list of all of them would see it. */
interface Socket {
  readonly place: Place
  readonly address: string
  isAlive: boolean
  /** Its place may go to a successor: undefined before the notice, and once that has come. */
  promise: 'open' | 'used' | undefined
  diedAt: number
}

/** The rules, told in the slowest and plainest way: by looking at all sockets each time. */
class Model {
  readonly sockets: Socket[] = []
  now = 0

  isPromised(socket: Socket): boolean {
    if (socket.promise !== 'open') return false
    return socket.isAlive || this.now < socket.diedAt + LIMITS.holdMs
  }

  isCounted(socket: Socket): boolean {
    return socket.isAlive ? socket.promise !== 'used' : this.isPromised(socket)
  }

  counted(address?: string): number {
    const here = this.sockets.filter(
      (socket) => address === undefined || socket.address === address,
    )
    return here.filter((socket) => this.isCounted(socket)).length
  }

  vacancyFor(address: string): 'free' | 'address_limit' | 'at_capacity' {
    const isExpected = this.sockets.some(
      (socket) => socket.address === address && this.isPromised(socket),
    )
    if (isExpected) return 'free'
    if (this.counted(address) >= LIMITS.maxPerAddress) return 'address_limit'
    return this.counted() >= LIMITS.max ? 'at_capacity' : 'free'
  }

  /** The oldest promise is kept first: by the instant of the notice, which `order` follows. */
  redeem(address: string, order: readonly Socket[]): void {
    const oldest = order.find((socket) => socket.address === address && this.isPromised(socket))
    if (oldest !== undefined) oldest.promise = 'used'
  }
}

const addresses = ['a', 'b', 'c']
const command = fc.oneof(
  fc.record({ kind: fc.constant('arrive' as const), at: fc.constantFrom(...addresses) }),
  fc.record({ kind: fc.constantFrom('notice' as const, 'leave' as const), pick: fc.nat(30) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 12 }) }),
)

describe('Places', () => {
  it('[admission] agrees with a plain list of sockets, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
        const model = new Model()
        const noticed: Socket[] = []
        const places = new Places(LIMITS, () => model.now)

        for (const command of commands) {
          if (command.kind === 'wait') model.now += command.ms
          else if (command.kind === 'arrive') arrive(model, places, { at: command.at, noticed })
          else {
            const socket = model.sockets[command.pick % (model.sockets.length || 1)]
            if (socket === undefined) continue
            if (command.kind === 'notice') notice(socket, noticed)
            else leave(model, socket)
          }
          expect(places.taken).toBe(model.counted())
          expect(places.taken).toBeLessThanOrEqual(LIMITS.max)
          for (const address of addresses) {
            expect(model.counted(address)).toBeLessThanOrEqual(LIMITS.maxPerAddress)
            expect(places.vacancyFor(address)).toBe(model.vacancyFor(address))
          }
        }
        for (const socket of model.sockets) leave(model, socket)
        model.now += LIMITS.holdMs

        expect(places.taken).toBe(0)
        for (const address of addresses) expect(places.vacancyFor(address)).toBe('free')
      }),
      { numRuns: 500 },
    )
  })
})

function arrive(
  model: Model,
  places: Places,
  { at, noticed }: { readonly at: string; readonly noticed: readonly Socket[] },
): void {
  if (places.vacancyFor(at) !== 'free') return
  model.redeem(at, noticed)
  const place = places.take(at)
  model.sockets.push({ place, address: at, isAlive: true, promise: undefined, diedAt: 0 })
}

function notice(socket: Socket, noticed: Socket[]): void {
  socket.place.expectSuccessor()
  if (!socket.isAlive || socket.promise !== undefined) return
  socket.promise = 'open'
  noticed.push(socket)
}

function leave(model: Model, socket: Socket): void {
  socket.place.release()
  if (!socket.isAlive) return
  socket.isAlive = false
  socket.diedAt = model.now
}
