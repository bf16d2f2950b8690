import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** Below this a compressed answer is no quicker: it fits into one packet anyway. */
const SMALLEST_BYTES = 1_024

/**
 * Puts a `.br` and a `.gz` beside each script and each style sheet that is built, as small as they
 * get: the server has no time for that, and sends them to those who take them.
 */
export function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      const names = Object.keys(bundle).filter((name) => /\.(js|css|svg)$/.test(name))
      await Promise.all(names.map((name) => compressBeside(join(dir, name))))
    },
  }
}

async function compressBeside(file: string): Promise<void> {
  const plain = await readFile(file)
  if (plain.length < SMALLEST_BYTES) return
  await writeFile(`${file}.br`, brotliCompressSync(plain))
  await writeFile(`${file}.gz`, gzipSync(plain, { level: 9 }))
}
