import {
  type ConnectionEvent,
  type Effect,
  initialMachine,
  type Machine,
  type Surroundings,
  wakeAt,
} from '../../../src/client/connection-state.js'
import { type Attempt, budgetFreeAt, withAttempt } from '../../../src/client/attempt-budget.js'
import { step } from '../../../src/client/transitions.js'

const SERVER = 'http://server/'

/** A machine with a clock of its own, and a count of everything that it asks for. */
export class MachineDriver {
  machine: Machine = initialMachine(0)
  now = 0
  random = 0.5
  hasWebSocket = true
  isOnline = true
  /** Everything that it wanted done, in order. */
  readonly effects: Effect[] = []
  /** When it tried to get a live connection. */
  readonly attemptsAt: number[] = []
  /** The transport that is there. */
  transport: 'websocket' | 'sse' | null = null
  isPollUnderWay = false
  /** There has been data. */
  hasData = false
  private budget: readonly Attempt[] = []

  /** Tells it something; returns what it wants done. */
  tell(...event: ConnectionEvent): readonly Effect[] {
    if (event[0] === 'lost') this.transport = null
    if (event[0] === 'polled') this.isPollUnderWay = false
    const { todo, ...machine } = step(this.machine, this.surroundings(), event)
    this.machine = machine
    for (const effect of todo) this.perform(effect)
    return todo
  }

  /** Lets time pass, and every timer of it ring. */
  pass(ms: number): void {
    const until = this.now + ms
    while (wakeAt(this.machine) <= until) {
      this.now = Math.max(this.now, wakeAt(this.machine))
      this.tell('timer')
    }
    this.now = until
  }

  private surroundings(): Surroundings {
    const { now, random, hasWebSocket, isOnline } = this
    const freeAt = budgetFreeAt(this.budget, SERVER)
    return { now, random, hasWebSocket, isOnline, freeAt, wishMs: () => 0 }
  }

  private perform(effect: Effect): void {
    this.effects.push(effect)
    if (effect === 'drop') this.transport = null
    if (effect === 'read') this.hasData = true
    if (effect === 'poll') this.isPollUnderWay = true
    if (effect !== 'websocket' && effect !== 'sse') return
    if (this.transport !== null) throw new Error(`a second transport beside ${this.transport}`)
    this.transport = effect
    this.attemptsAt.push(this.now)
    this.budget = withAttempt(this.budget, { base: SERVER, at: this.now })
  }
}
