import type { Row } from './source-rows.js'

const PAGE = 10

/**
 * The row that a key moves the focus to. The head of the sources that are on their own is passed
 * over: it leads nowhere.
 *
 * @param from - the row that has the focus; -1 for none.
 * @returns `null` for keys that do not move it, and where there is nowhere to go.
 */
export function nextRowIndex(key: string, from: number, rows: readonly Row[]): number | null {
  if (from < 0) return null
  const last = rows.length - 1
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return firstLink(rows, from + 1, 1)
    case 'ArrowUp':
    case 'k':
      return firstLink(rows, from - 1, -1)
    case 'PageDown':
      return firstLink(rows, Math.min(from + PAGE, last), -1)
    case 'PageUp':
      return firstLink(rows, Math.max(from - PAGE, 0), 1)
    case 'Home':
      return firstLink(rows, 0, 1)
    case 'End':
      return firstLink(rows, last, -1)
    default:
      return null
  }
}

function firstLink(rows: readonly Row[], from: number, step: 1 | -1): number | null {
  for (let index = from; index >= 0 && index < rows.length; index += step) {
    if (rows[index]?.key !== null) return index
  }
  return null
}
