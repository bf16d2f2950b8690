import { join } from 'node:path'
import { build } from 'vite'

const fixtures = join(import.meta.dirname, '..', 'fixtures')

/** A page of one script: what a server sends at `/`, with the script at `/page.js`. */
export interface BuiltPage {
  readonly script: string
  readonly html: string
}

/**
 * Builds a fixture as an application would, with React as in development: StrictMode mounts twice.
 *
 * @param entry - below test/fixtures.
 */
export async function buildPage(entry: string): Promise<BuiltPage> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    mode: 'development',
    root: fixtures,
    define: { 'process.env.NODE_ENV': '"development"' },
    build: {
      write: false,
      minify: false,
      modulePreload: false,
      rolldownOptions: { input: join(fixtures, entry) },
    },
  })
  const chunks = [built].flat().flatMap((result) => ('output' in result ? result.output : []))
  const [script] = chunks.flatMap((chunk) => (chunk.type === 'chunk' ? [chunk.code] : []))
  if (script === undefined || chunks.length > 1) throw new Error(`${entry} is not one script`)
  const html = `<!doctype html><meta charset="utf-8"><title>${entry}</title><body><script type="module" src="/page.js"></script>`
  return { script, html }
}
