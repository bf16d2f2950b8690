/** The longest event that is taken, in characters. */
const MAX_EVENT_LENGTH = 33_554_432

/**
 * Makes a parser of server-sent events (WHATWG HTML, 9.2.6), to be fed the text as it comes. Only
 * `data` is looked at: the frames say the rest.
 *
 * @param onEvent - gets the data of each event; `null` for a comment, which is a sign of life.
 * @throws RangeError from the parser, for an event that does not end.
 */
export function createEventStreamParser(
  onEvent: (data: string | null) => void,
): (text: string) => void {
  let rest = ''
  let data: string | null = null
  const readLine = (line: string) => {
    if (line === '') {
      if (data !== null) onEvent(data)
      data = null
    } else if (line.startsWith(':')) onEvent(null)
    else {
      const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
      if (field === 'data') data = data === null ? value : `${data}\n${value}`
    }
  }
  return (text) => {
    // A CR at the very end may be half of a CRLF.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    if (rest.length + (data ?? '').length > MAX_EVENT_LENGTH) throw new RangeError('endless event')
    lines.forEach(readLine)
  }
}
