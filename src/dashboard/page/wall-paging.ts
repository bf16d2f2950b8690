/** How far the page has been scrolled, and how far it could be, in CSS pixels. */
export interface Scrolling {
  readonly top: number
  readonly windowHeight: number
  readonly pageHeight: number
}

/** So much of the last sight stays, so that the eye finds its way. */
const OVERLAP = 0.15
/** Less than this is not worth a turn. */
const LEAST_PX = 24

/**
 * Where a screen on the wall looks next, since nobody scrolls it: on by a window, at the end back to
 * the top. It stays at the top, where the problems are, for as long as there are any.
 */
export function nextWallTop(
  { top, windowHeight, pageHeight }: Scrolling,
  hasProblems: boolean,
): number {
  if (hasProblems) return 0
  const mostTop = pageHeight - windowHeight
  if (top + LEAST_PX >= mostTop) return 0
  return Math.min(top + windowHeight * (1 - OVERLAP), mostTop)
}
