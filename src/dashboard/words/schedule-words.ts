/** A schedule as the API shows it. */
export interface Schedule {
  readonly interval?: string
  readonly cron?: string
  readonly timezone?: string
}

const ISO_DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/
const UNITS = ['week', 'day', 'hour', 'minute', 'second'] as const

/** An ISO 8601 duration in words: `1 hour 30 minutes`; what is none is shown as it came. */
export function isoDurationWords(text: string): string {
  const match = ISO_DURATION.exec(text)
  if (match === null) return text
  const parts = UNITS.flatMap((unit, index) => {
    const count = match[index + 1]
    if (count === undefined || Number(count) === 0) return []
    return [`${count} ${unit}${count === '1' ? '' : 's'}`]
  })
  return parts.length === 0 ? '0 seconds' : parts.join(' ')
}

/**
 * A schedule in words: `every hour`, `At 03:30 AM (Europe/Riga)`.
 *
 * @param cronWords - says a cron expression in words; throws at one that it cannot read.
 */
export function scheduleWords(
  schedule: Schedule,
  cronWords: (expression: string) => string,
): string {
  if (schedule.interval !== undefined) {
    return `every ${isoDurationWords(schedule.interval).replace(/^1 (\w+)$/, '$1')}`
  }
  if (schedule.cron === undefined) return 'none'
  return `${readCron(schedule.cron, cronWords)} (${schedule.timezone ?? 'UTC'})`
}

/** An expression that only the server can read is shown as it stands. */
function readCron(expression: string, cronWords: (expression: string) => string): string {
  try {
    return cronWords(expression)
  } catch {
    return expression
  }
}
