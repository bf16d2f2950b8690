import type { PipelineStatus } from '../../protocol/index.js'
import { inlineStyle } from './inline-style.js'
import { type DataAge, statusTable } from './status-table.js'

/** Where the built page takes what readers without JavaScript see. */
export const STATUS_MARKER = '<!-- status -->'

/** A page that reloads itself takes it away from who reads slowly; a link does not. */
const RELOAD = '<p><a href="">Reload</a></p>'

/** How the tables look; scripts and their styles are not there to say it. */
export const NO_SCRIPT_STYLE = inlineStyle(
  [
    'body{margin:1.5rem;font:1rem/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}',
    'table{border-collapse:collapse;margin:1.5rem 0;width:100%}',
    'caption{font-weight:700;font-size:1.25rem;text-align:left}',
    'th,td{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid GrayText}',
    'a{text-decoration:underline}',
    'tbody th{font-weight:600;max-width:24rem;overflow-wrap:break-word}',
  ].join(''),
)

/** The page asks readers to sign in, and tells them nothing else. */
export const SIGN_IN_NEEDED =
  '<h1>Pipeline status</h1>\n<p>Watching needs a token: add ?token=… to the address.</p>'

/** Nothing has been read from the database since the server started. */
export const NO_DATA_YET =
  '<h1>Pipeline status: Unknown</h1>\n<p>There is no data yet: the database cannot be read.</p>'

/** Longer than that the data would hold up the page that it is to save a wait, in characters. */
const MAX_EMBEDDED_LENGTH = 100_000

/** The board for readers without JavaScript. */
export function boardWithoutScript(dataJson: string, age: DataAge): string {
  return statusTable(JSON.parse(dataJson) as PipelineStatus, age)
}

/** What a document holds besides the built page. */
export interface PageContent {
  /** Safe HTML for readers without JavaScript; they also get a link with which they get it anew. */
  readonly noScript: string
  /** The newest frame as JSON, with which the page's script begins. */
  readonly frameJson?: string
}

/**
 * The whole document: the built page and what is true now.
 *
 * @param builtPage - the HTML of the build; see {@link STATUS_MARKER}.
 */
export function pageDocument(builtPage: string, { noScript, frameJson }: PageContent): string {
  const head = `<noscript>${NO_SCRIPT_STYLE.html}</noscript>`
  const board = `<noscript>\n<main>\n${noScript}\n${RELOAD}\n</main>\n</noscript>`
  // Replaced by functions: content may hold "$&", which would mean something in a string.
  return builtPage
    .replace('</head>', () => `  ${head}\n  </head>`)
    .replace(STATUS_MARKER, () => `${embeddedFrame(frameJson)}${board}`)
}

/** Data and no script, so no policy forbids it; without a "<" nothing in it can end it. */
function embeddedFrame(frameJson: string | undefined): string {
  if (frameJson === undefined || frameJson.length > MAX_EMBEDDED_LENGTH) return ''
  const json = frameJson.replaceAll('<', '\\u003c')
  return `<script type="application/json" id="newest">${json}</script>\n`
}
