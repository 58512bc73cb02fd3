// The Studio's build: src/studio → dist/studio-web. The pages bundle the tokenizer room from source.
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

// Files and threads of Node are behind dynamic imports that no page runs (`npm run check` sees to that),
// so their chunks may keep imports that no browser could resolve.
const rolldownOptions = { external: [/^node:/], checks: { pluginTimings: false } }

export default defineConfig({
  root: 'src/studio',
  plugins: [svelte()],
  worker: { format: 'es', rolldownOptions },
  build: {
    outDir: '../../dist/studio-web',
    emptyOutDir: true,
    target: 'es2022',
    // Where light-dark() is native.
    cssTarget: ['chrome123', 'safari17.5', 'firefox120'],
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions,
  },
})
