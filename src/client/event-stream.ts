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
  let data = ''
  return (text) => {
    const lines = (rest + text).split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith(':')) onEvent(null)
      if (line.startsWith('data:')) data += `${line.replace(/^data: ?/, '')}\n`
      if (line === '' && data !== '') {
        onEvent(data)
        data = ''
      }
    }
    if (rest.length + data.length > MAX_EVENT_LENGTH) throw new RangeError('an endless event')
  }
}
