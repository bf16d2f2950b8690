/** What a piece of text means; the palette turns it into a colour. */
export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'dim' | 'strong'

/** Gives text the colour of its meaning, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string

const ESCAPE = '\u001b['
const CODES: Readonly<Record<Tone, string>> = {
  good: '32',
  bad: '31;1',
  warn: '33',
  info: '36',
  dim: '2',
  strong: '1',
}

/** The painter for a terminal with colours, or for anything else. */
export function createPaint(hasColour: boolean): Paint {
  if (!hasColour) return (_tone, text) => text
  return (tone, text) => (text === '' ? '' : `${ESCAPE}${CODES[tone]}m${text}${ESCAPE}0m`)
}

/**
 * Whether to write colours: FORCE_COLOR decides, then NO_COLOR, then whether a terminal reads.
 *
 * @param env - the environment; an empty variable counts as not set.
 */
export function wantsColour(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  return isTerminal && env['TERM'] !== 'dumb'
}
