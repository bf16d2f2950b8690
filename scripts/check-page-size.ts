import { gzipSync } from 'node:zlib'
import { build } from 'vite'

// What the page weighs in all (its HTML, its script, its style, and what it loads only later), and
// what the element does.

const here = (path: string) => new URL(`../../${path}`, import.meta.url).pathname

const builds = [
  { what: 'the page', root: 'src/dashboard', config: 'vite.config.ts', maxBytes: 60_000 },
  { what: 'the element', root: '.', config: 'vite.embed.config.ts', maxBytes: 12_000 },
]

for (const { what, root, config, maxBytes } of builds) {
  const output = await build({
    root: here(root),
    configFile: here(config),
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
    `${what}: ${total} bytes gzipped, at most ${maxBytes} (${sizes
      .map(({ name, gzipped }) => `${name} ${gzipped}`)
      .join(', ')})`,
  )
  if (total > maxBytes || total < maxBytes / 10) process.exitCode = 1
}
