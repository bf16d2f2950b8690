import type { PipelineStatus } from '../../protocol/index.js'
import { type DataAge, statusTable } from './status-table.js'

/** Where the built page takes what readers without JavaScript see. */
export const STATUS_MARKER = '<!-- status -->'

const REFRESH_SECONDS = 30

/** The page asks readers to sign in, and tells them nothing else. */
export const SIGN_IN_NEEDED =
  '<h1>Pipeline status</h1>\n<p>Watching needs a token: add ?token=… to the address.</p>'

/** Nothing has been read from the database since the server started. */
export const NO_DATA_YET =
  '<h1>Pipeline status: Unknown</h1>\n<p>There is no data yet: the database cannot be read.</p>'

/** The board for readers without JavaScript. */
export function boardWithoutScript(dataJson: string, age: DataAge): string {
  return statusTable(JSON.parse(dataJson) as PipelineStatus, age)
}

/**
 * The whole document: the built page, with `content` for readers without JavaScript, for whom it
 * also reloads itself.
 *
 * @param builtPage - the HTML of the build; see {@link STATUS_MARKER}.
 * @param content - safe HTML.
 */
export function pageDocument(builtPage: string, content: string): string {
  const refresh = `<noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}"></noscript>`
  // Replaced by functions: content may hold "$&", which would mean something in a string.
  return builtPage
    .replace('</head>', () => `${refresh}\n  </head>`)
    .replace(STATUS_MARKER, () => `<noscript>\n${content}\n</noscript>`)
}
