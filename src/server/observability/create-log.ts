import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'
import { createLogDestination } from './log-destination.js'

const STDOUT = 1

/**
 * Makes the log: a line of JSON each, and readable lines on a terminal. It goes to stdout.
 *
 * @param level - one of pino's levels, or `silent`.
 */
export function createLog(level: string): Logger {
  const options = { level, base: null }
  if (!process.stdout.isTTY) {
    const timestamp = pino.stdTimeFunctions.isoTime
    return pino({ ...options, timestamp }, createLogDestination(STDOUT))
  }
  return pino(options, pretty({ sync: true, translateTime: 'HH:MM:ss', ignore: 'reqId' }))
}
