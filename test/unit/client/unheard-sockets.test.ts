import { beforeEach, describe, expect, it } from 'vitest'
import { MachineDriver } from './machine-driver.js'
import { fullUpdate } from './server-frames.js'

const lost = ['lost', 1006] as const

describe('sockets that are never heard', () => {
  let driver: MachineDriver

  beforeEach(() => {
    driver = new MachineDriver()
    driver.pass(0)
  })

  /** The socket that is tried is lost unheard, and the time of the next attempt comes. */
  function loseSocket(polled: 'answered' | 'unanswered'): void {
    driver.tell(...lost)
    driver.tell('polled', polled === 'answered' ? fullUpdate({}) : {})
    while (driver.transport === null) driver.pass(100)
  }

  it('[P9.5] lead to a stream when the server answers otherwise', () => {
    loseSocket('answered')
    expect(driver.transport).toBe('websocket')

    loseSocket('answered')

    expect(driver.transport).toBe('sse')
  })

  it('lead to no stream while nothing answers at all: a server that comes back gets a socket', () => {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      loseSocket('unanswered')
      expect(driver.transport).toBe('websocket')
    }
  })

  it('are tried once more when somebody asks for it, and then it is a stream’s turn again', () => {
    loseSocket('answered')
    driver.tell(...lost)

    driver.tell('retry')
    expect(driver.transport).toBe('websocket')
    loseSocket('answered')

    expect(driver.transport).toBe('sse')
  })
})
