// The method on one file: its sections, its tokens at every size of the family, and where they fall.
import { inspectExecutable, tokensBySection, type BinaryTokenizer } from '../../tokenizer/index.ts'
import type { LongWork } from '../../core/index.ts'
import type { PaperFile } from '../paper.ts'

export interface FileReport {
  name: string
  bytes: number
  format: string
  architectures: string[]
  sizes: { size: number; tokens: number; bytesPerToken: number | null; idsUsed: number }[]
  /** At the largest size: by kind of section, and section by section. */
  kinds: { kind: string; bytes: number; tokens: number; bytesPerToken: number | null }[]
  sections: {
    name: string
    kind: string
    start: number
    end: number
    tokens: number
    bytesPerToken: number | null
  }[]
}

export function analyse(tokenizer: BinaryTokenizer, file: PaperFile, work: LongWork = {}): FileReport {
  const { bytes } = file
  const { format, architectures, sections } = inspectExecutable(bytes)
  const sizes: FileReport['sizes'] = []
  let ids: Uint32Array = new Uint32Array(0)
  for (const size of tokenizer.sizes) {
    ids = tokenizer.encode(bytes, { size, ...work })
    sizes.push({
      size,
      tokens: ids.length,
      bytesPerToken: ratio(bytes.length, ids.length),
      idsUsed: new Set(ids).size,
    })
  }
  const counts = tokensBySection(tokenizer, ids, sections)
  const kinds = new Map<string, { bytes: number; tokens: number }>()
  for (const [i, { kind, start, end }] of sections.entries()) {
    const sum = kinds.get(kind) ?? { bytes: 0, tokens: 0 }
    sum.bytes += end - start
    sum.tokens += counts[i]!
    kinds.set(kind, sum)
  }
  return {
    name: file.name,
    bytes: bytes.length,
    format,
    architectures,
    sizes,
    kinds: [...kinds]
      .map(([kind, { bytes, tokens }]) => ({ kind, bytes, tokens, bytesPerToken: ratio(bytes, tokens) }))
      .sort((a, b) => b.bytes - a.bytes),
    sections: sections.map(({ name, kind, start, end }, i) => ({
      name,
      kind,
      start,
      end,
      tokens: counts[i]!,
      bytesPerToken: ratio(end - start, counts[i]!),
    })),
  }
}

/** null where there is no token to divide by. */
function ratio(bytes: number, tokens: number): number | null {
  return tokens === 0 ? null : bytes / tokens
}
