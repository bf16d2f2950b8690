import { gzipSync } from 'node:zlib'
import { build } from 'vite'

// What the page weighs in all: its HTML, its script, its style, and what it loads only later.

const MAX_BYTES = 60_000

const output = await build({
  root: new URL('../../src/dashboard', import.meta.url).pathname,
  configFile: new URL('../../vite.config.ts', import.meta.url).pathname,
  logLevel: 'error',
  build: { write: false },
})

const files = [output].flat().flatMap((result) => ('output' in result ? result.output : []))
const sizes = files.map((file) => ({
  name: file.fileName,
  gzipped: gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length,
}))
const total = sizes.reduce((sum, { gzipped }) => sum + gzipped, 0)
console.log(
  `the page: ${total} bytes gzipped, at most ${MAX_BYTES} (${sizes
    .map(({ name, gzipped }) => `${name} ${gzipped}`)
    .join(', ')})`,
)
if (total > MAX_BYTES || total < MAX_BYTES / 10) process.exitCode = 1
