// Reads the files out of an npm tarball (ustar with pax and GNU long names), in memory.
import { TesseraError } from '../../core/index.ts'

/** Path → content (a view). Throws FORMAT_INVALID. */
export function readTar(bytes: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  let longName: string | null = null
  for (let at = 0; at < bytes.length;) {
    const header = bytes.subarray(at, at + 512)
    if (header.every((b) => b === 0)) break
    const size = header.length === 512 ? octal(header.subarray(124, 136)) : NaN
    const from = at + 512
    if (!(size >= 0) || from + size > bytes.length) {
      throw new TesseraError('FORMAT_INVALID', 'The archive is cut off or damaged', {
        where: `byte ${at}`,
        hint: 'Delete it and fetch it again',
      })
    }
    const content = bytes.subarray(from, from + size)
    const type = String.fromCharCode(header[156]!)
    const prefix = text(header.subarray(345, 500))
    const name = text(header.subarray(0, 100))
    if (type === 'L') longName = text(content)
    else if (type === 'x') longName = /(?:^|\n)\d+ path=(.*)\n/.exec(text(content))?.[1] ?? longName
    else {
      if (type === '0' || type === '\0') files.set(longName ?? (prefix ? `${prefix}/${name}` : name), content)
      longName = null
    }
    at = from + Math.ceil(size / 512) * 512
  }
  return files
}

function text(field: Uint8Array): string {
  const end = field.indexOf(0)
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end))
}

function octal(field: Uint8Array): number {
  return parseInt(text(field).trim() || '0', 8)
}
