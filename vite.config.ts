// The Studio's build: src/studio → dist/studio-web. The pages bundle the tokenizer room from source.
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

export default defineConfig({
  root: 'src/studio',
  plugins: [svelte()],
  worker: { format: 'es' },
  build: {
    outDir: '../../dist/studio-web',
    emptyOutDir: true,
    target: 'es2022',
    // Where light-dark() is native.
    cssTarget: ['chrome123', 'safari17.5', 'firefox120'],
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
})
