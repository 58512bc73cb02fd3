// What every script needs before it can do anything: the packages of package-lock.json, installed.
// Only Node's own modules here: node_modules may not exist yet.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Compares versions, not dates: a checkout or a copy gives files new dates and must not cause an install.
 * npm writes node_modules/.package-lock.json last, so an interrupted install counts as missing.
 */
function installed() {
  const hidden = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = present[path]
    return found ? found.version === entry.version : Boolean(entry.optional || entry.peer)
  })
}

/**
 * Runs a step of preparation; ends this process with its exit code when it fails. What it prints goes to
 * stderr: stdout belongs to the result (`npm run bench -- … --json`).
 */
export function mustRun(command, args, options = {}) {
  const code = run(command, args, { stdio: ['inherit', process.stderr, 'inherit'], ...options })
  if (code !== 0) process.exit(code)
}

/** Runs a program with our terminal and returns its exit code (130 and the like when a signal ended it). */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) {
    console.error(`${command}: ${result.error.message}`)
    return 1
  }
  return result.signal ? 128 + (result.signal === 'SIGINT' ? 2 : 15) : result.status
}

/** Path of a program that a package of node_modules brings, to be run by this same Node. */
export function binary(packageName, program = packageName) {
  const folder = join(root, 'node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[program])
}

/** Installs the locked packages unless they are there. */
export function ensureInstalled() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Tessera needs Node 20.19 or newer; this is ${process.versions.node}`)
    process.exit(1)
  }
  if (installed()) return
  console.error('Installing packages (npm install) …')
  // Not `npm ci`: it refuses a lock file that lacks a native package of some other platform, and which of
  // those a lock file has depends on where it was written. Locked versions are kept, no file is changed.
  // npm is a .cmd file on Windows, which only a shell can start.
  mustRun('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
    shell: process.platform === 'win32',
  })
}
