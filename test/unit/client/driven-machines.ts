import { type Effect, publicState } from '../../../src/client/connection-state.js'
import { MachineDriver } from './machine-driver.js'
import { errorFrame, fullUpdate, greeting } from './server-frames.js'

/** The event that is a frame. */
export const frame = (of: ReturnType<typeof errorFrame>) => ['frame', of] as const

/** The event that is the end of a transport. */
export const lost = (code = 1006) => ['lost', code] as const

/** The event that is an answer with data. */
export const polled = ['polled', fullUpdate({})] as const

/** A machine whose first attempt is under way. */
export function opening(): MachineDriver {
  const driver = new MachineDriver()
  driver.tell('timer')
  return driver
}

/** A machine that has been live for so long. */
export function live(forMs = 0, broadcastIntervalMs = 5_000): MachineDriver {
  const driver = opening()
  driver.tell(...frame(greeting(broadcastIntervalMs)))
  driver.tell(...frame(fullUpdate({})))
  for (let ms = 0; ms < forMs; ms += 1_000) {
    driver.pass(1_000)
    driver.tell(...frame(fullUpdate({})))
  }
  return driver
}

/** One that has had no luck with sockets, and is live over a stream. */
export function streaming(): MachineDriver {
  const driver = opening()
  while (driver.transport !== 'sse') {
    if (driver.transport === 'websocket') driver.tell(...lost())
    driver.pass(1_000)
  }
  driver.tell(...frame(greeting()))
  driver.tell(...frame(fullUpdate({})))
  return driver
}

/** What an application is told of it. */
export const state = (driver: MachineDriver) => publicState(driver.machine, driver.hasData, 0)

/** How often it wanted something done. */
export const count = (driver: MachineDriver, effect: Effect) =>
  driver.effects.filter((each) => each === effect).length
