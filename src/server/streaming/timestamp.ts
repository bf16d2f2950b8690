let writtenMs = Number.NaN
let written = ''

/**
 * An instant as frames name it. Writing it takes a microsecond and more, and in a rush of openings
 * many sockets are greeted in the same millisecond, so the newest one is kept.
 */
export function timestampOf(instant: Date): string {
  const ms = instant.getTime()
  if (ms !== writtenMs) {
    writtenMs = ms
    written = instant.toISOString()
  }
  return written
}
