// `npm run check`: everything that can be said about the code without running it. All checks run, each
// is reported with its time, and the exit code is 1 when any of them failed.
// `npm run check -- lint format` runs only the named ones.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { binary, ensureInstalled, root } from './setup.mjs'

ensureInstalled()

const LONG_FILE = 350

const node = (path, ...args) => ({ command: process.execPath, args: [path, ...args] })
const studioConfig = join(root, 'src', 'studio', 'tsconfig.json')

const checks = {
  types: node(binary('typescript', 'tsc'), '-p', 'tsconfig.json'),
  // The Studio's own configuration knows the DOM; svelte-check covers its .ts files too.
  studio: existsSync(studioConfig)
    ? node(binary('svelte-check'), '--tsconfig', studioConfig, '--fail-on-warnings', '--output', 'human')
    : null,
  lint: node(binary('oxlint'), '--deny-warnings'),
  format: node(binary('prettier'), '--check', '--log-level', 'warn', '.'),
  imports: node(join(root, 'scripts', 'imports.mjs')),
  exports: node(binary('knip'), '--no-progress'),
}

/** Files that have outgrown one idea; a remark, not a failure. */
function longFiles() {
  const folders = ['src', 'bench', 'test', 'scripts'].filter((folder) => existsSync(join(root, folder)))
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(ts|mjs|svelte)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((path) => ({ path: relative(root, path), lines: readFileSync(path, 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > LONG_FILE)
}

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !(name in checks))
if (unknown.length > 0) {
  console.error(`No such check: ${unknown.join(', ')}. There are: ${Object.keys(checks).join(', ')}`)
  process.exit(2)
}

const failed = []
for (const [name, check] of Object.entries(checks)) {
  if (!check || (chosen.length > 0 && !chosen.includes(name))) continue
  const from = performance.now()
  const { status, stdout, stderr, error } = spawnSync(check.command, check.args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const seconds = ((performance.now() - from) / 1000).toFixed(1)
  const good = status === 0
  console.log(`${good ? 'ok    ' : 'FAILED'} ${name.padEnd(8)} ${seconds} s`)
  if (!good) {
    failed.push(name)
    console.log([stdout, stderr, error?.message].filter(Boolean).join('\n').trimEnd())
  }
}
for (const { path, lines } of longFiles())
  console.log(`remark: ${path} has ${lines} lines (over ${LONG_FILE})`)
if (failed.length > 0) {
  console.log(`Failed: ${failed.join(', ')}`)
  process.exitCode = 1
}
