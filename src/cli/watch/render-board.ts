import { createPaint } from '../colour.js'
import { cutTo } from '../text-fit.js'
import { headerLines } from './board-header.js'
import { boardRows } from './board-rows.js'
import { HISTORY_LEGEND } from './status-look.js'
import { serverNow, type WatchState } from './watch-state.js'

/** How a board is drawn. */
export interface BoardOptions {
  /** Cells in a line; no line is longer. */
  readonly width: number
  /** Lines; there are no more. */
  readonly height: number
  /** This machine's time, in milliseconds. */
  readonly now: number
  readonly colour: boolean
}

const NARROWEST_WITH_HISTORY = 80

/** Draws the whole board as lines of text, without moving the cursor. */
export function renderBoard(state: WatchState, options: BoardOptions): string {
  const { width, height, now } = options
  const paint = createPaint(options.colour)
  const header = headerLines(state, { width, now, paint })
  const rows = state.update === null ? [] : tableOf(state, options)
  const room = Math.max(0, height - header.length - 1)
  const body = rows.length <= room ? rows : cutRows(rows, room, width)
  return [...header, ...(body.length === 0 ? [] : ['', ...body])].slice(0, height).join('\n')
}

function tableOf(state: WatchState, { width, now, colour }: BoardOptions): string[] {
  if (state.update === null) return []
  const paint = createPaint(colour)
  const rows = boardRows(state.update.data, { width, serverNow: serverNow(state, now), paint })
  if (rows.length === 0) return [cutTo('nothing has been reported yet', width)]
  if (width < NARROWEST_WITH_HISTORY) return rows
  return [...rows, '', paint('dim', cutTo(HISTORY_LEGEND, width))]
}

/** Problems come first, so what is cut off is what matters least. */
function cutRows(rows: readonly string[], room: number, width: number): string[] {
  if (room < 1) return []
  const hidden = rows.length - room + 1
  return [...rows.slice(0, room - 1), cutTo(`… ${hidden} more lines, hidden by the height`, width)]
}
