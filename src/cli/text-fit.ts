// C0, DEL, C1, and the marks that change the direction of text: a name must not move the cursor.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu
const TWO_CELLS =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const NO_CELL = /^[\p{Mn}\p{Me}\p{Cf}]$/u

/** Text from the wire made safe for a terminal: one line, no escape sequences. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ').trim()
}

/** How many cells of a terminal the text takes. */
export function cellWidth(text: string): number {
  let cells = 0
  for (const character of text) cells += widthOf(character)
  return cells
}

/** Cuts text to so many cells and says with … that something is missing. */
export function cutTo(text: string, cells: number): string {
  if (cellWidth(text) <= cells) return text
  let kept = ''
  let used = 0
  for (const character of text) {
    used += widthOf(character)
    if (used > cells - 1) break
    kept += character
  }
  return cells < 1 ? '' : `${kept}…`
}

/** Text that takes exactly so many cells: cut, or filled up with spaces. */
export function fitTo(text: string, cells: number): string {
  const cut = cutTo(text, cells)
  return cut + ' '.repeat(Math.max(0, cells - cellWidth(cut)))
}

function widthOf(character: string): number {
  if (NO_CELL.test(character)) return 0
  return TWO_CELLS.test(character) ? 2 : 1
}
