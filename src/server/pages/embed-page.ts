import { escapeHtml } from './html.js'
import { inlineStyle } from './inline-style.js'

/** What the page for frames shows: the attributes of its `<pipeline-status>`. */
export interface EmbedOptions {
  readonly feed?: string
  /** Keys of sources, separated by commas. */
  readonly sources?: string
  readonly theme?: string
  readonly compact?: string
  readonly token?: string
}

/** The one style of the page for frames. */
export const EMBED_STYLE = inlineStyle(
  'body{margin:0}pipeline-status{min-height:40px}h1{position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%)}',
)

/** A page with nothing but one `<pipeline-status>`; its paths are relative, as those of the page. */
export function embedPage(options: EmbedOptions): string {
  const attributes = ([...ATTRIBUTES] as const)
    .filter((name) => options[name] !== undefined)
    .map((name) => ` ${name}="${escapeHtml(options[name] ?? '')}"`)
    .join('')
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Pipeline status</title>
    ${EMBED_STYLE.html}
    <script src="./embed.js" async></script>
  </head>
  <body>
    <main>
      <h1>Pipeline status</h1>
      <pipeline-status${attributes}></pipeline-status>
      <noscript><p>This needs JavaScript; <a href="./" target="_blank">the board</a> does not.</p></noscript>
    </main>
  </body>
</html>
`
}

const ATTRIBUTES = ['feed', 'sources', 'theme', 'compact', 'token'] as const
