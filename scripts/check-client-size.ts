import { gzipSync } from 'node:zlib'
import { build } from 'vite'

// What `import { connect } from 'pipecast/client'` costs a page: everything it needs, minified and
// gzipped.

/** What it is meant to be is 5,000; until then this keeps it from growing. */
const MAX_BYTES = 6_200

const client = new URL('../src/client/index.js', import.meta.url).pathname
const entry = 'client-entry'
const output = await build({
  configFile: false,
  logLevel: 'error',
  build: {
    write: false,
    minify: true,
    target: 'es2023',
    rolldownOptions: { input: entry, output: { format: 'es' } },
    modulePreload: false,
  },
  plugins: [
    {
      name: 'entry',
      resolveId: (id) => (id === entry ? id : null),
      load: (id) =>
        id === entry
          ? `import { connect } from ${JSON.stringify(client)}; globalThis.connect = connect`
          : null,
    },
  ],
})

const chunks = [output].flat().flatMap((result) => ('output' in result ? result.output : []))
const code = chunks.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('')
const gzipped = gzipSync(code, { level: 9 }).length
console.log(
  `pipecast/client: ${gzipped} bytes gzipped (${code.length} minified), at most ${MAX_BYTES}`,
)
if (gzipped > MAX_BYTES) process.exitCode = 1
if (process.argv.includes('--print')) console.log(code)
