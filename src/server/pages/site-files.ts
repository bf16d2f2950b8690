/** A small file that is the same for everybody. */
export interface SiteFile {
  readonly contentType: string
  readonly text: string
}

/** Three ticks of a history bar, legible at 16 pixels on light and dark tabs. */
export const FAVICON: SiteFile = {
  contentType: 'image/svg+xml',
  text: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f6f54"/><path d="M9 23v-7M16 23V9M23 23v-10" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>\n',
}

/** A board of internal jobs is nothing for search engines. */
export const ROBOTS: SiteFile = {
  contentType: 'text/plain; charset=utf-8',
  text: 'User-agent: *\nDisallow: /\n',
}

/** Lets the page be installed, so that a wall display opens it without a browser's bars. */
export const WEB_MANIFEST: SiteFile = {
  contentType: 'application/manifest+json; charset=utf-8',
  text: `${JSON.stringify({
    name: 'Pipecast',
    description: 'The state of your data pipelines, live.',
    start_url: './',
    display: 'standalone',
    icons: [{ src: './favicon.svg', sizes: 'any', type: 'image/svg+xml' }],
  })}\n`,
}
