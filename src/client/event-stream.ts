/** The longest line that is taken, in characters. */
const MAX_LINE_LENGTH = 33_554_432

/**
 * Makes a parser of the server's events, to be fed the text as it comes. The data of an event is in
 * one line (P1.8), and the frame in it says the rest.
 *
 * @param onData - gets the data of each event; of a comment, which is a sign of life, a `pong`.
 * @throws RangeError from the parser, for a line that does not end.
 */
export function createEventStreamParser(onData: (data: string) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('data:')) onData(line.slice(5))
      if (line.startsWith(':')) onData('{"type":"pong"}')
    }
    if (rest.length > MAX_LINE_LENGTH) throw new RangeError('endless')
  }
}
