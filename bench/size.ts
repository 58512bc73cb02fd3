// Size: what importing the tokenizer costs a page, and what each vocabulary file weighs.
// The door is bundled and minified by Vite with nothing but `loadTokenizer` used; the first chunk is what
// loads at once, `all chunks` adds everything that may be loaded later. Vocabularies are apart.
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build, type Rollup } from 'vite'
import { type BenchRow } from './harness.ts'

export const packages: string[] = ['vite', '@huggingface/tokenizers', 'gpt-tokenizer']

const root = fileURLToPath(new URL('../../', import.meta.url))

const entries: Record<string, string> = {
  tessera: `export { loadTokenizer } from ${JSON.stringify(join(root, 'dist/tokenizer/index.js'))}`,
  '@huggingface/tokenizers': `export { Tokenizer } from '@huggingface/tokenizers'`,
}

interface Bundle {
  first: Uint8Array
  all: Uint8Array
}

async function bundle(code: string): Promise<Bundle> {
  const id = 'virtual:entry'
  const output = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        resolveId: (source) => (source === id ? `${root}/entry.js` : undefined),
        load: (path) => (path === `${root}/entry.js` ? code : undefined),
      },
    ],
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      rollupOptions: {
        input: id,
        preserveEntrySignatures: 'strict',
        external: [...builtinModules, /^node:/],
        output: { format: 'es' },
      },
    },
  })
  const chunks = ([output].flat() as Rollup.RollupOutput[])
    .flatMap((result) => result.output)
    .filter((file) => file.type === 'chunk')
  const loadedAtOnce = new Set<string>()
  const visit = (name: string) => {
    if (loadedAtOnce.has(name)) return
    loadedAtOnce.add(name)
    for (const other of chunks.find((chunk) => chunk.fileName === name)?.imports ?? []) visit(other)
  }
  for (const chunk of chunks) if (chunk.isEntry) visit(chunk.fileName)
  const join = (parts: string[]) => Buffer.from(parts.join('\n'))
  return {
    first: join(chunks.filter((chunk) => loadedAtOnce.has(chunk.fileName)).map((chunk) => chunk.code)),
    all: join(chunks.map((chunk) => chunk.code)),
  }
}

const measures: Record<string, (bytes: Uint8Array) => number> = {
  raw: (bytes) => bytes.length / 1000,
  gzip: (bytes) => gzipSync(bytes, { level: 9 }).length / 1000,
  brotli: (bytes) => brotliCompressSync(bytes).length / 1000,
}

export default async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  const add = (
    name: string,
    ours: Uint8Array,
    peers: Record<string, Uint8Array>,
    wanted = ['raw', 'gzip', 'brotli'],
  ) => {
    for (const metric of wanted) {
      const size = measures[metric]!
      const theirs = Object.fromEntries(Object.entries(peers).map(([peer, bytes]) => [peer, size(bytes)]))
      rows.push({ case: name, metric, unit: 'kB', ours: size(ours), peers: theirs, higherIsBetter: false })
    }
  }
  const bundles: Record<string, Bundle> = {}
  for (const [name, code] of Object.entries(entries)) bundles[name] = await bundle(code)
  const { tessera, ...peers } = bundles
  const of = (part: keyof Bundle) =>
    Object.fromEntries(Object.entries(peers).map(([peer, made]) => [peer, made[part]]))
  add('code, loaded at once', tessera!.first, of('first'))
  add('code, all chunks', tessera!.all, of('all'))

  const folder = join(root, 'vocabularies')
  for (const file of readdirSync(folder).sort()) {
    if (/\.(md|txt|json)$/.test(file)) continue
    const peer: Record<string, Uint8Array> = {}
    const theirs = join(root, 'node_modules/gpt-tokenizer/esm/bpeRanks', `${file.replace(/\.\w+$/, '')}.js`)
    try {
      peer['gpt-tokenizer'] = readFileSync(theirs)
    } catch {
      // gpt-tokenizer has only OpenAI's vocabularies
    }
    // Brotli takes half a minute for these.
    add(`vocabulary ${file}`, readFileSync(join(folder, file)), peer, ['raw', 'gzip'])
  }
  return rows
}
