import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Transport } from '../../../src/server/streaming/listener.js'
import { TrafficMeter } from '../../../src/server/streaming/traffic-meter.js'

function senderOf(framesSent = 0, bytesSent = 0) {
  return { framesSent, bytesSent }
}

describe('TrafficMeter', () => {
  it('[P1.10] knows both transports before anybody listens', () => {
    expect(new TrafficMeter().read()).toEqual([
      { transport: 'WebSocket', active: 0, updatesSent: 0, bytesSent: 0 },
      { transport: 'stream', active: 0, updatesSent: 0, bytesSent: 0 },
    ])
  })

  it('[P1.10] sees what is sent without being told', () => {
    const meter = new TrafficMeter()
    const sender = senderOf()
    meter.enter('stream', sender)

    sender.framesSent = 3
    sender.bytesSent = 700

    expect(meter.read()[1]).toEqual({
      transport: 'stream',
      active: 1,
      updatesSent: 3,
      bytesSent: 700,
    })
  })

  it('[P1.10] never falls, whoever comes and goes in whatever order', () => {
    const step = fc.record({
      kind: fc.constantFrom('enter', 'send', 'leave', 'leave'),
      which: fc.nat(7),
      transport: fc.constantFrom<Transport>('WebSocket', 'stream'),
      frames: fc.nat(5),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const meter = new TrafficMeter()
        const senders = Array.from({ length: 8 }, () => senderOf())
        const over = new Map<number, Transport>()
        const expected = { WebSocket: 0, stream: 0 }
        for (const { kind, which, transport, frames } of steps) {
          const present = over.get(which)
          if (kind === 'enter' && present === undefined) {
            senders[which] = senderOf()
            over.set(which, transport)
            meter.enter(transport, senders[which])
          } else if (kind === 'send' && present !== undefined) {
            senders[which]!.framesSent += frames
            expected[present] += frames
          } else if (kind === 'leave') {
            meter.leave(senders[which]!)
            over.delete(which)
          }

          for (const { transport: read, active, updatesSent } of meter.read()) {
            expect(updatesSent).toBe(expected[read])
            expect(active).toBe([...over.values()].filter((one) => one === read).length)
          }
        }
      }),
    )
  })
})
