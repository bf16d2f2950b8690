import { defineConfig } from 'vite'
import { precompress } from './scripts/precompress.js'

/** Builds the element for other pages into one file that needs nothing else, dist/embed/embed.js. */
export default defineConfig({
  plugins: [precompress()],
  build: {
    outDir: 'dist/embed',
    emptyOutDir: true,
    lib: {
      entry: 'src/embed/main.ts',
      formats: ['iife'],
      name: 'Pipecast',
      fileName: () => 'embed.js',
    },
  },
})
