// Converted weights on disk, so that a model is converted once and its file is mapped into memory from then on. A folder
// per checkpoint and precision, made under another name and renamed when it is whole: whoever is stopped
// half-way, or does the same at the same time, leaves nothing wrong behind. Node only.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LongWork, TesseraError } from '../../core/index.ts'
import { cacheFolder } from '../../core/node.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { convertWeights } from './convert.ts'
import type { ArrayLayout, Precision } from './precision.ts'
import { arrayBytes, type StoredArray, type StoredArrays, type WeightUses } from './weights.ts'

const FILE = 'weights.bin'
const INDEX = 'weights.json'
/** Offsets that can be mapped by themselves, on every system. */
const ALIGNMENT = 65_536

export interface StoredWeights {
  folder: string
  arrays: StoredArrays
}

/** Where each array begins, in the order of the layout; the same layout gives the same places. */
function places(layout: ReadonlyMap<string, ArrayLayout>): { offsets: Map<string, number>; size: number } {
  const offsets = new Map<string, number>()
  let size = 0
  for (const [name, array] of layout) {
    const bytes = arrayBytes(array)
    // Small arrays are read, not mapped.
    const alignment = bytes < ALIGNMENT ? 64 : ALIGNMENT
    const offset = Math.ceil(size / alignment) * alignment
    offsets.set(name, offset)
    size = offset + bytes
  }
  return { offsets, size }
}

/**
 * The arrays of a checkpoint in a precision, from the cache folder (`folder`, else TESSERA_CACHE, else the
 * system's), converted into it when they are not there yet. Throws FILE_WRITE_FAILED, CANCELLED.
 */
export async function storedWeights(
  checkpoint: Checkpoint,
  uses: WeightUses,
  precision: Precision,
  layout: ReadonlyMap<string, ArrayLayout>,
  { folder: base = cacheFolder(), ...work }: LongWork & { folder?: string } = {},
): Promise<StoredWeights> {
  const { offsets, size } = places(layout)
  const arrays = new Map<string, StoredArray>(
    [...layout].map(([name, array]) => [
      name,
      { ...array, source: { location: FILE, offset: offsets.get(name)! } },
    ]),
  )
  const key = `${checkpoint.identity.replace(/[^\w.-]/g, '_')}.${precision.name}.${precision.version}`
  const folder = join(base, 'weights', key)
  const index = JSON.stringify({
    size,
    arrays: [...layout].map(([name, { dtype, shape }]) => [name, dtype, shape]),
  })
  if (await isWhole(folder, index, size)) return { folder, arrays }
  const temporary = `${folder}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await mkdir(temporary, { recursive: true })
    await removeLeftovers(join(base, 'weights'))
    const file = await open(join(temporary, FILE), 'wx')
    try {
      await convertWeights(
        checkpoint,
        uses,
        precision,
        async (name, data) => {
          const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
          await writeAll(file, bytes, offsets.get(name)!)
        },
        work,
      )
      await file.truncate(size)
      await file.sync()
    } finally {
      await file.close()
    }
    await writeFile(join(temporary, INDEX), index)
    // A folder of that name is another's, whole by now, or a broken one.
    if (!(await isWhole(folder, index, size))) {
      await rm(folder, { recursive: true, force: true })
      await rename(temporary, folder)
    }
    return { folder, arrays }
  } catch (cause) {
    if (cause instanceof TesseraError) throw cause
    if (await isWhole(folder, index, size)) return { folder, arrays }
    throw new TesseraError(
      'FILE_WRITE_FAILED',
      `Cannot keep converted weights (${(cause as Error).message})`,
      {
        where: folder,
        hint: 'TESSERA_CACHE names another folder for them',
        cause,
      },
    )
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => {})
  }
}

/** Folders of conversions that were killed, a day ago at least. */
async function removeLeftovers(folder: string): Promise<void> {
  const yesterday = Date.now() - 24 * 3600 * 1000
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (name.endsWith('.tmp') && (await stat(path)).mtimeMs < yesterday)
      await rm(path, { recursive: true, force: true })
  }
}

async function isWhole(folder: string, index: string, size: number): Promise<boolean> {
  try {
    const [known, info] = await Promise.all([readFile(join(folder, INDEX), 'utf8'), stat(join(folder, FILE))])
    return known === index && info.size === size
  } catch {
    return false
  }
}

async function writeAll(
  file: Awaited<ReturnType<typeof open>>,
  bytes: Uint8Array,
  at: number,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(bytes.length - done, 1 << 26), at + done)
    done += bytesWritten
  }
}
