import { defineConfig } from 'vite'
import { precompress } from './scripts/precompress.js'

/**
 * Builds the page into dist/dashboard. Its paths are relative, so that it works below any subpath,
 * and nothing is written into index.html, so that a strict Content-Security-Policy lets it be.
 */
export default defineConfig({
  root: 'src/dashboard',
  base: './',
  plugins: [precompress()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
})
