import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { DIALECTS, type DialectName } from './dialect.js'
import { localAddress } from './local-address.js'
import { openSocket } from './open-socket.js'

/** Where the crowd goes. */
export interface CrowdOptions {
  readonly port: number
  readonly dialect: DialectName
  readonly sockets: number
}

/** When one update was whole at the first and at the last of the sockets; ms of one clock. */
export interface Arrival {
  readonly firstAt: number
  readonly lastAt: number
}

/** How the crowd came in. */
export interface Opening {
  /** From the first connect until the last socket had its first data. */
  readonly tookMs: number
  /** Of each socket, from its connect until it had its first data. */
  readonly firstDataMs: readonly number[]
}

/** So many are on their way at a time. */
const OPENING_WINDOW = 500
/** Greetings are smaller, full updates larger, compressed ones too. */
const MIN_FIRST_DATA_BYTES = 1_024
const UPDATE_TIMEOUT_MS = 60_000
const OPENING_TIMEOUT_MS = 120_000

/** What one socket is doing: opening --first data--> served --next update--> awaiting --> served. */
const OPENING = 0
const AWAITING = 1
const SERVED = 2

/** Many sockets to one server, and what all of them together have received. */
export class Crowd {
  /** Everything that came after the handshakes, in bytes. */
  receivedBytes = 0
  private readonly options: CrowdOptions
  private readonly sockets: Socket[] = []
  private readonly states: Uint8Array
  private missing = 0
  private firstAt = 0
  private arrived: ((arrival: Arrival) => void) | undefined
  private failed: ((reason: Error) => void) | undefined
  private lost: Error | undefined
  private isLeaving = false

  constructor(options: CrowdOptions) {
    this.options = options
    this.states = new Uint8Array(options.sockets).fill(OPENING)
  }

  /**
   * Opens all sockets.
   *
   * @throws Error when one is refused or lost, or when it takes longer than two minutes.
   */
  async open(): Promise<Opening> {
    const startedAt = performance.now()
    const firstDataMs: number[] = []
    let next = 0
    await this.bounded(OPENING_TIMEOUT_MS, 'the sockets did not open', (done) => {
      const openNext = () => {
        if (next >= this.options.sockets) return
        this.openOne(next, (ms) => {
          firstDataMs.push(ms)
          if (firstDataMs.length === this.options.sockets) done(undefined)
          else openNext()
        })
        next += 1
      }
      for (let index = 0; index < OPENING_WINDOW; index += 1) openNext()
    })
    return { tookMs: performance.now() - startedAt, firstDataMs }
  }

  /**
   * Waits for one more update at each socket.
   *
   * @param publish - makes the server send it.
   * @throws Error when a socket is lost, or when it takes longer than a minute.
   */
  nextUpdate(publish: () => void): Promise<Arrival> {
    this.states.fill(AWAITING)
    this.missing = this.options.sockets
    return this.bounded(UPDATE_TIMEOUT_MS, 'an update did not reach everybody', (done) => {
      this.arrived = done
      publish()
    })
  }

  /** Closes all sockets. */
  leave(): void {
    this.isLeaving = true
    for (const socket of this.sockets) socket.destroy()
  }

  private openOne(index: number, onFirstData: (ms: number) => void): void {
    const startedAt = performance.now()
    const socket = openSocket(
      {
        port: this.options.port,
        localAddress: localAddress(index),
        dialect: DIALECTS[this.options.dialect],
        keepBytes: 0,
      },
      {
        message: (payloadBytes) => {
          if (this.states[index] === AWAITING) this.serve(index)
          else if (this.states[index] === OPENING && payloadBytes >= MIN_FIRST_DATA_BYTES) {
            this.states[index] = SERVED
            onFirstData(performance.now() - startedAt)
          }
        },
        bytes: (count) => {
          this.receivedBytes += count
        },
        lost: (reason) => {
          if (this.isLeaving) return
          this.lost ??= reason
          this.failed?.(reason)
        },
      },
    )
    this.sockets.push(socket)
  }

  private serve(index: number): void {
    this.states[index] = SERVED
    if (this.missing === this.options.sockets) this.firstAt = performance.now()
    this.missing -= 1
    if (this.missing > 0) return
    this.arrived?.({ firstAt: this.firstAt, lastAt: performance.now() })
  }

  /** Waits for something that a lost socket or the clock may prevent. */
  private bounded<T>(
    timeoutMs: number,
    message: string,
    begin: (done: (value: T) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${message} within ${timeoutMs / 1_000} s`)),
        timeoutMs,
      )
      this.failed = (reason) => {
        clearTimeout(timer)
        reject(reason)
      }
      if (this.lost !== undefined) this.failed(this.lost)
      else
        begin((value) => {
          clearTimeout(timer)
          resolve(value)
        })
    })
  }
}
