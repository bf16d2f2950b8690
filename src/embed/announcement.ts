import type { BoardView } from './board-view.js'

/** More than so many names are counted instead of read out. */
const MAX_NAMES = 3

/**
 * What a screen reader is told: changes of status and of the connection, and nothing else.
 *
 * @returns empty when there is nothing to say.
 */
export function announcement(before: BoardView, after: BoardView): string {
  const known = new Map(before.rows.map((row) => [row.key, row.status]))
  const hadData = before.age !== ''
  const changed = after.rows.filter(
    ({ key, status }) => known.has(key) && known.get(key) !== status,
  )
  const parts = changed.slice(0, MAX_NAMES).map(({ name, status }) => `${name} is ${status}`)
  if (changed.length > MAX_NAMES) parts.push(`${changed.length - MAX_NAMES} more have changed`)
  if (hadData && before.status !== after.status) parts.push(`the status is ${after.status}`)
  if (before.isLive !== after.isLive) parts.push(after.connection)
  return parts.join('; ')
}
