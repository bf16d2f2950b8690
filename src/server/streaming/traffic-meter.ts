import type { Sender, Transport } from './listener.js'

/** Who listens over one transport now, and what has been sent over it since the start. */
export interface Traffic {
  readonly transport: Transport
  readonly active: number
  readonly updatesSent: number
  readonly bytesSent: number
}

/** Adds up what is sent over each transport: nothing is counted on the way of a frame. */
export class TrafficMeter {
  private readonly senders = new Map<Sender, Transport>()
  private readonly past = new Map<Transport, Sender>([
    ['WebSocket', { framesSent: 0, bytesSent: 0 }],
    ['stream', { framesSent: 0, bytesSent: 0 }],
  ])

  /** Somebody begins to listen. */
  enter(transport: Transport, sender: Sender): void {
    this.senders.set(sender, transport)
  }

  /** Somebody has ended; what they were sent stays in the sum. */
  leave(sender: Sender): void {
    const transport = this.senders.get(sender)
    if (transport === undefined) return
    this.senders.delete(sender)
    this.past.set(transport, sum(this.past.get(transport), sender))
  }

  /** The sums as they are now. */
  read(): readonly Traffic[] {
    return [...this.past].map(([transport, past]) => {
      const present = [...this.senders].filter(([, over]) => over === transport)
      const total = present.reduce((before, [sender]) => sum(before, sender), past)
      return {
        transport,
        active: present.length,
        updatesSent: total.framesSent,
        bytesSent: total.bytesSent,
      }
    })
  }
}

function sum(one: Sender = { framesSent: 0, bytesSent: 0 }, other: Sender): Sender {
  return {
    framesSent: one.framesSent + other.framesSent,
    bytesSent: one.bytesSent + other.bytesSent,
  }
}
