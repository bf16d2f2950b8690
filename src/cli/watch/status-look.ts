import type { HealthStatus } from '../../protocol/index.js'
import type { Tone } from '../colour.js'

/** How a status looks: never by its colour alone. */
export interface StatusLook {
  readonly icon: string
  readonly tone: Tone
  /** The smaller, the earlier it is shown: problems first. */
  readonly order: number
}

/** How each status looks. */
export const STATUS_LOOKS: Readonly<Record<HealthStatus, StatusLook>> = {
  Failing: { icon: '✖', tone: 'bad', order: 0 },
  Degraded: { icon: '▲', tone: 'warn', order: 1 },
  Late: { icon: '◷', tone: 'warn', order: 2 },
  Unknown: { icon: '?', tone: 'dim', order: 3 },
  Healthy: { icon: '●', tone: 'good', order: 4 },
  Paused: { icon: '‖', tone: 'dim', order: 5 },
}

/** Icon and word of a status. */
export function statusText(status: HealthStatus): string {
  return `${STATUS_LOOKS[status].icon} ${status}`
}

const GLYPHS: Readonly<Record<string, { readonly glyph: string; readonly tone: Tone }>> = {
  n: { glyph: '○', tone: 'dim' },
  r: { glyph: '▸', tone: 'info' },
  c: { glyph: '·', tone: 'good' },
  f: { glyph: '✗', tone: 'bad' },
  a: { glyph: '–', tone: 'dim' },
  t: { glyph: 'T', tone: 'bad' },
  M: { glyph: 'M', tone: 'bad' },
}

/** Says what the glyphs of a history mean. */
export const HISTORY_LEGEND =
  '· completed  ✗ failed  T timed out  M missed  – aborted  ▸ running  ○ new'

/** A run's glyph and tone; a letter that is not known stands for itself. */
export function runGlyph(letter: string): { readonly glyph: string; readonly tone: Tone } {
  return GLYPHS[letter] ?? { glyph: letter, tone: 'dim' }
}
