import { textHead } from './storable-text.js'

/** The longest message, in UTF-16 code units. */
export const MAX_MESSAGE_LENGTH = 2000

/** So much of a text is searched for its message; traces of megabytes exist. */
const MAX_SEARCHED_LENGTH = 65_536

/** `at a.b.C(D.java:1)` of Java and JavaScript, `... 23 more`, and the headings of traces. */
const FRAME =
  /^\s{1,16}at \S|^\s{1,16}\.\.\. \d|^Traceback \(most recent|^(?:Driver )?stack ?trace:\s{0,8}$/i

/** `File "x.py", line 1, in f`: the indented lines below it are its source text. */
const PYTHON_FRAME = /^\s{1,16}File ".{0,1000}", line \d/

/**
 * The message of an error without the stack trace that was pasted into it: its lines without the
 * frames, so that causes and Python's last line stay. At most {@link MAX_MESSAGE_LENGTH} long.
 *
 * @returns `null` when nothing is left.
 */
export function errorMessage(text: string): string | null {
  const kept: string[] = []
  let isInPythonFrame = false
  for (const line of textHead(text, MAX_SEARCHED_LENGTH).split(/\r?\n/)) {
    isInPythonFrame = PYTHON_FRAME.test(line) || (isInPythonFrame && /^\s/.test(line))
    if (!isInPythonFrame && !FRAME.test(line)) kept.push(line)
  }
  const message = textHead(kept.join('\n').trim(), MAX_MESSAGE_LENGTH)
  return message === '' ? null : message
}
