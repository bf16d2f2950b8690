import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'

/**
 * Makes the log: a line of JSON each, and readable lines on a terminal. It goes to stdout.
 *
 * @param level - one of pino's levels, or `silent`.
 */
export function createLog(level: string): Logger {
  const options = { level, base: null }
  if (!process.stdout.isTTY) return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime })
  return pino(options, pretty({ sync: true, translateTime: 'HH:MM:ss', ignore: 'reqId' }))
}
