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
    return pino({ ...options, timestamp: createTimestamps() }, createLogDestination(STDOUT))
  }
  return pino(options, pretty({ sync: true, translateTime: 'HH:MM:ss', ignore: 'reqId' }))
}

/** The time of each line, in pino's form; in a rush many lines have the same, written once. */
function createTimestamps(): () => string {
  let writtenMs = Number.NaN
  let written = ''
  return () => {
    const now = Date.now()
    if (now !== writtenMs) {
      writtenMs = now
      written = `,"time":"${new Date(now).toISOString()}"`
    }
    return written
  }
}
