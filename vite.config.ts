// The Studio's build: src/studio → dist/studio-web. The pages bundle the tokenizer room from source.
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'

// ONNX Runtime's own files, which our server hands out from where the package is installed: its WebAssembly is
// found beside them, and nothing is fetched from elsewhere.
const runtimes: Plugin = {
  name: 'onnx-runtimes',
  enforce: 'pre',
  resolveId(id) {
    const [, name] = /^onnxruntime-web\/(wasm|webgpu)$/.exec(id) ?? []
    return name ? { id: `/ort/ort.${name}.min.mjs`, external: 'absolute' } : null
  },
}

// Files and threads of Node are behind dynamic imports that no page runs (`npm run check` sees to that),
// so their chunks may keep imports that no browser could resolve.
const rolldownOptions = { external: [/^node:/, 'onnxruntime-node'], checks: { pluginTimings: false } }

export default defineConfig({
  root: 'src/studio',
  plugins: [svelte(), runtimes],
  worker: { format: 'es', plugins: () => [runtimes], rolldownOptions },
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
