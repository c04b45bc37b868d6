import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** Puts a compressed form beside every file that is text, so that the server compresses nothing while it runs. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    // Of what was written: until then other plugins may still change it.
    writeBundle({ dir = 'dist' }, bundle) {
      for (const name of Object.keys(bundle)) {
        if (!/\.(js|css|svg|html)$/.test(name)) continue
        const file = join(dir, name)
        writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)))
      }
    },
  }
}

/** Where `npm run dev` finds the agm that answers the page's calls. */
const agm = process.env.AGM_URL ?? 'http://127.0.0.1:18080'

export default defineConfig({
  plugins: [svelte(), compressed()],
  // Relative, so that the same files work at `/`, under `/agm/` and behind a proxy that strips a prefix or not.
  base: './',
  build: {
    target: 'es2023',
    // An inlined file is a `data:` address, and the page's Content-Security-Policy has no exception for those.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1', // The host stays the page's own: agm refuses changes that another origin asks for.
    proxy: {
      '/api': { target: agm, changeOrigin: false },
      '/readyz': { target: agm, changeOrigin: false },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
})
