const ESCAPE = '\u001b['
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l`
const LEAVE = `${ESCAPE}?25h${ESCAPE}?1049l`
// Terminals that know it show everything between the two at once; the others ignore it.
const BEGIN_FRAME = `${ESCAPE}?2026h${ESCAPE}H`
const END_FRAME = `${ESCAPE}J${ESCAPE}?2026l`
const CLEAR_LINE = `${ESCAPE}K`

/** Draws whole pictures in place, on the terminal's second screen. */
export interface Screen {
  /** Shows the picture; writes nothing when it is the one that is shown. */
  readonly draw: (picture: string) => void
  /** Forgets what is shown, so that the next picture is written whole (after a resize). */
  readonly invalidate: () => void
  /** Gives the terminal back as it was, cursor included. May be called twice. */
  readonly leave: () => void
}

/** Takes over the terminal until {@link Screen.leave}. */
export function createScreen(write: (text: string) => void): Screen {
  let shown: string | null = null
  let hasLeft = false
  write(ENTER)
  return {
    draw: (picture) => {
      if (hasLeft || picture === shown) return
      shown = picture
      const lines = picture.split('\n').map((line) => line + CLEAR_LINE)
      write(BEGIN_FRAME + lines.join('\r\n') + END_FRAME)
    },
    invalidate: () => {
      shown = null
    },
    leave: () => {
      if (hasLeft) return
      hasLeft = true
      write(LEAVE)
    },
  }
}
