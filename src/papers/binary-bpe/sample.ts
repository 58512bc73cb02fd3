// Training samples: chunks drawn from files by the seed, so that no large program outweighs the others.
import type { Random } from '../../core/index.ts'

/**
 * At most `limit` bytes of a file, as whole chunks in file order, one after another; a file within the
 * limit comes whole.
 */
export function sampleFile(bytes: Uint8Array, limit: number, chunkBytes: number, random: Random): Uint8Array {
  if (bytes.length <= limit) return bytes
  const all = Array.from({ length: Math.floor(bytes.length / chunkBytes) }, (_, i) => i)
  return take(bytes, random.shuffle(all).slice(0, Math.floor(limit / chunkBytes)), chunkBytes)
}

/** `budget` bytes (rounded down to whole chunks) drawn evenly from all files together. */
export function samplePool(
  files: readonly Uint8Array[],
  budget: number,
  chunkBytes: number,
  random: Random,
): Uint8Array[] {
  const places = files.flatMap((bytes, file) =>
    Array.from({ length: Math.floor(bytes.length / chunkBytes) }, (_, chunk) => ({ file, chunk })),
  )
  const chosen = random.shuffle(places).slice(0, Math.floor(budget / chunkBytes))
  return files.map((bytes, file) =>
    take(
      bytes,
      chosen.filter((place) => place.file === file).map((place) => place.chunk),
      chunkBytes,
    ),
  )
}

function take(bytes: Uint8Array, chunks: number[], chunkBytes: number): Uint8Array {
  const out = new Uint8Array(chunks.length * chunkBytes)
  chunks
    .sort((a, b) => a - b)
    .forEach((chunk, i) =>
      out.set(bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes), i * chunkBytes),
    )
  return out
}
