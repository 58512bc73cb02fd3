// Builds what users get: src → dist (TypeScript), src/studio → dist/studio-web (Vite). Each half is
// skipped while a stamp over its sources is unchanged, so that a second `npm start` begins at once.
// `--force` builds both anyway; `--library` leaves the Studio out.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { binary, ensureInstalled, mustRun, root } from './setup.mjs'

const SETTINGS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
]
const STUDIO = join('src', 'studio')
const dist = join(root, 'dist')

/** Relative paths of all files under a folder of the checkout, sorted. */
function filesUnder(folder) {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
}

const inStudio = (path) => path.startsWith(STUDIO)
const forTestsOnly = (path) => /\.test\.\w+$|[\\/]testing[\\/]/.test(path)

function stampOf(paths) {
  const hash = createHash('sha256').update(process.version)
  for (const path of paths) hash.update(`\0${path}\0`).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

/** Runs `work` unless the stamp file holds the stamp of `sources`; a failed build leaves no stamp. */
async function unlessBuilt(name, sources, force, work) {
  const stampFile = join(dist, `.${name}.stamp`)
  const stamp = stampOf(sources)
  if (!force && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  const from = performance.now()
  rmSync(stampFile, { force: true })
  await work()
  mkdirSync(dist, { recursive: true })
  writeFileSync(stampFile, stamp)
  console.error(`Built ${name} in ${((performance.now() - from) / 1000).toFixed(1)} s`)
}

/**
 * The tokenizer's door as one file and a chunk for each part that is loaded when it is used: reading two
 * hundred modules one by one is half of a cold start. Modules that ask where they are still hear the place of
 * their own file, beside which workers and vocabularies are. Returns the files.
 */
async function bundleTokenizer() {
  const { rolldown } = await import('rolldown')
  const room = join(root, 'src', 'tokenizer')
  const bundle = await rolldown({
    input: { index: join(room, 'index.ts') },
    platform: 'neutral',
    // Other rooms share these; a second copy of an error's class would be another class.
    external: (id) =>
      !/^[./]|^[A-Z]:/i.test(id) || id.startsWith('node:') || /[\\/]core[\\/]\w+\.ts$/.test(id),
    plugins: [
      {
        name: 'own-place',
        transform(code, id) {
          const own = `./${relative(room, id).split('\\').join('/').replace(/\.ts$/, '.js')}`
          // A call, since page bundlers take `new URL('…', import.meta.url)` for a file of theirs.
          const place = `((path) => new URL(path, import.meta.url).href)(${JSON.stringify(own)})`
          // What page bundlers are told to leave alone is Node's, and is bundled here.
          return code.replaceAll('import.meta.url', place).replaceAll('/* @vite-ignore */', '')
        },
      },
    ],
  })
  const { output } = await bundle.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[name]-[hash].js',
  })
  await bundle.close()
  return output.map(({ fileName, code }) => {
    const path = join('dist', 'tokenizer', fileName)
    // Room to room, imports are of built files.
    writeFileSync(
      join(root, path),
      code.replace(
        /(from\s*|import\(\s*|import\s*)(["'])([^"']*[\\/]core[\\/]\w+)\.ts\2/g,
        (_, before, quote, to) => {
          return `${before}${quote}../core/${to.split(/[\\/]/).at(-1)}.js${quote}`
        },
      ),
    )
    return path
  })
}

/** A text to train on that comes with the package: Moby-Dick, from a development package. Returns the files. */
function copySamples() {
  const from = join(root, 'node_modules', '@stdlib', 'datasets-moby-dick', 'data')
  const to = join('dist', 'server', 'samples', 'moby-dick')
  mkdirSync(join(root, to), { recursive: true })
  return readdirSync(from)
    .filter((name) => /^chapter_\d+\.txt$/.test(name))
    .map((name) => {
      copyFileSync(join(from, name), join(root, to, name))
      return join(to, name)
    })
}

async function buildLibrary(sources) {
  mustRun(process.execPath, [binary('typescript', 'tsc'), '-p', 'tsconfig.build.json'])
  const expected = new Set([...(await bundleTokenizer()), ...copySamples()])
  for (const path of sources) {
    const target = join('dist', relative('src', path))
    if (extname(path) === '.ts') {
      for (const ending of ['.js', '.d.ts', '.d.ts.map', '.js.map'])
        expected.add(target.slice(0, -3) + ending)
    } else {
      expected.add(target)
      mkdirSync(dirname(join(root, target)), { recursive: true })
      copyFileSync(join(root, path), join(root, target))
    }
  }
  // What an earlier build left of sources that are gone would still be packed and importable.
  for (const path of filesUnder('dist')) {
    const ours = path.startsWith(join('dist', 'studio-web')) || /^dist[\\/]\.[^\\/]+$/.test(path)
    if (!ours && !expected.has(path)) rmSync(join(root, path))
  }
  const command = join(dist, 'cli', 'main.js')
  if (existsSync(command)) chmodSync(command, 0o755)
}

export async function build({ force = false, studio = true } = {}) {
  ensureInstalled()
  const settings = SETTINGS.filter((path) => existsSync(join(root, path)))
  const all = filesUnder('src').filter((path) => !forTestsOnly(path))
  const library = all.filter((path) => !inStudio(path))
  await unlessBuilt(
    'library',
    [...settings, ...library],
    force || !existsSync(join(dist, '.tsbuildinfo')),
    () => buildLibrary(library),
  )
  if (studio && existsSync(join(root, 'vite.config.ts')) && existsSync(join(root, STUDIO))) {
    await unlessBuilt('studio', [...settings, 'vite.config.ts', ...all], force, () =>
      mustRun(process.execPath, [binary('vite'), 'build', '--logLevel', 'warn']),
    )
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await build({ force: process.argv.includes('--force'), studio: !process.argv.includes('--library') })
}
