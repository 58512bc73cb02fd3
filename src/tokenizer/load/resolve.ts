// From what a user names (a built-in, a path, a folder, an installed package, a URL, bytes) to a spec.
import { TesseraError } from '../../core/index.ts'
import { readTokenizer, type ReadOptions } from '../formats/detect.ts'
import { knownEncoding } from '../formats/encodings.ts'
import { MAX_FILE_BYTES } from '../formats/limits.ts'
import { rankSpec } from '../formats/tiktoken.ts'
import { readTemplateFile } from '../formats/tokenizer-json/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import { type BuiltinTokenizer, builtinTokenizers } from './builtins.ts'
import { kindOfPath, nodeModules, packageFolder, readPath } from './files.ts'
import { nearNames } from './near-names.ts'

/**
 * A name of a built-in, a path of a file or folder, the name of an installed package, a URL (file:,
 * http:, https:), or the bytes of a file (also as a Blob, such as a dropped File).
 */
export type TokenizerSource = string | URL | Uint8Array | ArrayBuffer | Blob

export interface ResolveOptions extends ReadOptions {
  /** Where the built-in `.tess` files are served. Default: in Node the package's own folder, in a page `vocabularies/`. */
  base?: string | URL
  signal?: AbortSignal
}

/**
 * Throws TOKENIZER_NOT_FOUND, FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE, FORMAT_UNKNOWN,
 * FORMAT_INVALID, FORMAT_UNSUPPORTED.
 */
export async function resolveTokenizer(
  source: TokenizerSource,
  options: ResolveOptions = {},
): Promise<TokenizerSpec> {
  if (source instanceof Uint8Array) return readTokenizer(source, options)
  if (source instanceof ArrayBuffer) return readTokenizer(new Uint8Array(source), options)
  if (source instanceof Blob) return fromBlob(source, options)
  if (source instanceof URL) return fromUrl(source, options)
  if (typeof source !== 'string') {
    throw new TesseraError('ARGUMENT_INVALID', `Expected a name, path, URL or bytes, not ${typeof source}`)
  }
  const builtin = findBuiltin(source)
  if (builtin) return fromBuiltin(builtin, options)
  if (/^(https?|file):\/\//.test(source) && URL.canParse(source)) return fromUrl(new URL(source), options)
  return fromPath(source, options)
}

/** Names are compared without case, and `-`, `_` and `.` are one. */
function findBuiltin(name: string): BuiltinTokenizer | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[-_.]/g, '_')
  return builtinTokenizers.find((t) => plain(t.name) === plain(name))
}

async function fromBuiltin(builtin: BuiltinTokenizer, options: ResolveOptions): Promise<TokenizerSpec> {
  const bytes = await shippedFile(builtin.file, options)
  const spec = readTokenizer(bytes, options)
  // Encodings that share their ranks share a file, and differ in their special tokens.
  const named =
    spec.name !== builtin.name && knownEncoding(builtin.name)
      ? rankSpec(spec.model.vocab, { name: builtin.name })
      : spec
  return {
    ...named,
    name: options.name ?? builtin.name,
    chatTemplate: options.chatTemplate ?? named.chatTemplate,
  }
}

// Held in a constant: a bundler would take a literal for an asset of the page.
const VOCABULARIES = '../../../vocabularies/'

export type ShippedOptions = Pick<ResolveOptions, 'base' | 'signal'>

/** A file of the folder of built-in vocabularies. Throws FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED. */
export async function shippedFile(file: string, options: ShippedOptions = {}): Promise<Uint8Array> {
  const node = nodeModules()
  if (options.base === undefined && node && import.meta.url.startsWith('file:')) {
    return readPath(node, node.url.fileURLToPath(new URL(VOCABULARIES + file, import.meta.url)))
  }
  const page = (globalThis as { location?: { href: string } }).location?.href
  const base = new URL(options.base ?? 'vocabularies/', page)
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  return bytesOfUrl(new URL(file, base), options.signal)
}

async function fromBlob(blob: Blob, options: ResolveOptions): Promise<TokenizerSpec> {
  const name = (blob as { name?: unknown }).name
  // Of a model file with weights, the metadata is at the front.
  const bytes = new Uint8Array(await blob.slice(0, MAX_FILE_BYTES).arrayBuffer())
  return readTokenizer(bytes, { name: typeof name === 'string' ? stem(name) : undefined, ...options })
}

async function fromUrl(url: URL, options: ResolveOptions): Promise<TokenizerSpec> {
  const node = nodeModules()
  if (url.protocol === 'file:' && node) return fromPath(node.url.fileURLToPath(url), options)
  const bytes = await bytesOfUrl(url, options.signal)
  return readTokenizer(bytes, { name: stem(url.pathname), ...options })
}

/** Fetches at most MAX_FILE_BYTES. */
async function bytesOfUrl(url: URL, signal: AbortSignal | undefined): Promise<Uint8Array> {
  let response: Response
  try {
    response = await fetch(url, { signal })
  } catch (cause) {
    if (signal?.aborted) throw new TesseraError('CANCELLED', 'The work was cancelled', { cause })
    throw new TesseraError('FILE_UNREADABLE', 'Cannot be fetched', { where: url.href, cause })
  }
  if (!response.ok || !response.body) {
    const code = response.status === 404 ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE'
    throw new TesseraError(code, `The server answered ${response.status}`, { where: url.href })
  }
  const parts: Uint8Array[] = []
  let length = 0
  const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > MAX_FILE_BYTES) {
      await reader.cancel()
      throw new TesseraError('FILE_TOO_LARGE', `At most ${MAX_FILE_BYTES} bytes are read here`, {
        where: url.href,
      })
    }
    parts.push(value)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** File name without folders and extension. */
function stem(path: string): string {
  const file = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  return file.replace(/(?<=.)\.(tiktoken|tess|gguf|model|json|js|cjs|mjs)$/, '')
}

type Node = NonNullable<ReturnType<typeof nodeModules>>

async function fromPath(source: string, options: ResolveOptions): Promise<TokenizerSpec> {
  const node = nodeModules()
  if (node && source !== '') {
    const kind = await kindOfPath(node, source)
    if (kind === 'file') return fromFile(node, source, options)
    if (kind === 'folder') return fromFolder(node, source, options)
    if (kind === 'other') throw new TesseraError('FILE_UNREADABLE', 'Not a regular file', { where: source })
    const folder = await packageFolder(node, source)
    if (folder !== null) {
      const models = node.path.join(folder, 'models')
      const inner = (await kindOfPath(node, models)) === 'folder' ? models : folder
      return fromFolder(node, inner, { name: source, ...options })
    }
    if (/^[.~/\\]|^[a-z]:[/\\]|\.(json|model|gguf|tiktoken|tess)$/i.test(source)) {
      throw new TesseraError('FILE_NOT_FOUND', 'No such file or folder', {
        where: source,
        hint: 'Check the path',
      })
    }
  }
  const names = builtinTokenizers.map((t) => t.name)
  const near = nearNames(source, names)
  throw new TesseraError('TOKENIZER_NOT_FOUND', `There is no tokenizer "${source.slice(0, 100)}"`, {
    hint:
      (near.length > 0 ? `Did you mean ${near.join(' or ')}? ` : '') +
      `Built in: ${names.join(', ')}. Or pass ${node ? 'a path, the name of an installed package, a URL' : 'a URL'} or bytes`,
  })
}

async function optional(node: Node, folder: string, file: string): Promise<Uint8Array | undefined> {
  const path = node.path.join(folder, file)
  return (await kindOfPath(node, path)) === 'file' ? readPath(node, path) : undefined
}

/** What stands beside a model file: named tokens and the chat template. */
async function besides(node: Node, folder: string): Promise<ReadOptions> {
  const template = await optional(node, folder, 'chat_template.jinja')
  return {
    config: await optional(node, folder, 'tokenizer_config.json'),
    specialTokensMap: await optional(node, folder, 'special_tokens_map.json'),
    chatTemplate: template && readTemplateFile(template, node.path.join(folder, 'chat_template.jinja')),
  }
}

async function fromFile(node: Node, path: string, options: ResolveOptions): Promise<TokenizerSpec> {
  const folder = node.path.dirname(path)
  const file = node.path.basename(path)
  const inFolder = FOLDER_FILES.includes(file)
  const side = inFolder ? await besides(node, folder) : {}
  const name = inFolder ? folderName(node, folder) : stem(file)
  const bytes = await readPath(node, path)
  // A compact or GGUF file knows its own name.
  const selfNamed = bytes[0] === 0x54 || bytes[0] === 0x47
  return readTokenizer(bytes, { ...(selfNamed ? {} : { name }), ...side, ...options })
}

/** In order of preference: the first that a folder has is read. */
const FOLDER_FILES = ['tokenizer.json', 'tokenizer.model', 'spiece.model', 'sentencepiece.bpe.model']

async function fromFolder(node: Node, folder: string, options: ResolveOptions): Promise<TokenizerSpec> {
  for (const file of FOLDER_FILES) {
    const path = node.path.join(folder, file)
    if ((await kindOfPath(node, path)) === 'file') return fromFile(node, path, options)
  }
  throw new TesseraError('FILE_NOT_FOUND', 'This folder has no tokenizer', {
    where: folder,
    hint: `Looked for ${FOLDER_FILES.join(', ')}`,
  })
}

/** The folder's name; `models` (as npm packages have it) says nothing, its parent does. */
function folderName(node: Node, folder: string): string {
  const full = node.path.resolve(folder)
  const name = node.path.basename(full)
  return name === 'models' ? node.path.basename(node.path.dirname(full)) : name || 'tokenizer.json'
}
