// An empty project with the packed package in its node_modules. Nothing is fetched: the tarball is
// unpacked by hand, and its dependencies are links to those of this checkout.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll } from 'vitest'

export interface PackedFile {
  path: string
  size: number
}

export interface Project {
  folder: string
  /** What `npm pack` put into the tarball. */
  files: PackedFile[]
  tarballBytes: number
}

interface PackReport {
  filename: string
  size: number
  files: PackedFile[]
}

export function projectWithPackage(): Project {
  if (!existsSync('dist/cli/main.js')) throw new Error('dist is missing: run `npm run build` first')
  const folder = mkdtempSync(join(tmpdir(), 'tessera-project-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  })
  const [report] = JSON.parse(packed) as [PackReport]
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'tessera')
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, report.filename), '-C', installed, '--strip-components=1'])
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(
    readFileSync(join(installed, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string> | undefined>
  // Peers as well, as a user of models has installed them.
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(resolve('node_modules', name), join(modules, name), 'junction')
  }
  writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true, "type": "module" }\n')
  return { folder, files: report.files, tarballBytes: report.size }
}

/** Runs a module in the project; returns its stdout. */
export function runModule(folder: string, code: string): string {
  const path = join(folder, 'example.mjs')
  writeFileSync(path, code)
  return execFileSync(process.execPath, [path], { cwd: folder, encoding: 'utf8' })
}
