// Segment tokens (HiVG, section C): each stands for one or more whole commands, so each of them draws. A drawing
// is contracted by the greedy longest match at the beginning of each command, and expanded by a look-up: what
// comes back is always what went in.
import { TesseraError } from '../../core/index.ts'
import type { Command } from './drawing.ts'
import { ARGUMENTS, SvgLayout } from './layout.ts'

const FORMAT = 'tessera-svg-segments'
const MAX_FILE = 16 << 20
const MAX_SEGMENTS = 65_536
const MAX_SEGMENT_COMMANDS = 1024

export class SegmentVocabulary {
  readonly layout: SvgLayout
  /** `[size]` the commands of each segment token, most frequent first. */
  readonly segments: readonly (readonly Command[])[]
  /** `[size]` the atomic ids of each. */
  readonly atoms: readonly Uint32Array[]
  /** Whether single commands have tokens of their own, or only what was merged from two or more. */
  readonly singles: boolean
  private trie: Trie | null = null

  /** Throws FORMAT_INVALID: a command that has no tokens on this canvas, or the same segment twice. */
  constructor(canvas: number, segments: readonly (readonly Command[])[]) {
    this.layout = new SvgLayout(canvas)
    this.segments = segments
    this.singles = segments.some((segment) => segment.length === 1)
    const seen = new Set<string>()
    this.atoms = segments.map((segment, i) => {
      const ids = commandAtoms(segment, this.layout)
      const key = ids?.join(' ')
      if (ids === null || ids.length === 0 || seen.has(key!)) {
        throw new TesseraError(
          'FORMAT_INVALID',
          ids ? 'A segment that is empty, or there twice' : 'No such command',
          {
            where: `segments[${i}]`,
            hint: `Each is whole commands in units of canvas ${canvas}, such as "l 3 -4 h 10"`,
          },
        )
      }
      seen.add(key!)
      return ids
    })
  }

  get size(): number {
    return this.segments.length
  }

  /** The first n segments. Throws ARGUMENT_INVALID. */
  first(n: number): SegmentVocabulary {
    if (!Number.isInteger(n) || n < 0 || n > this.size) {
      throw new TesseraError('ARGUMENT_INVALID', `There are ${this.size} segments, not ${n}`, {
        where: 'segments',
      })
    }
    return new SegmentVocabulary(this.layout.canvas, this.segments.slice(0, n))
  }

  /** The longest segment that stands at `at`, or null. `ids`: atomic. */
  longest(ids: ArrayLike<number>, at: number): { segment: number; length: number } | null {
    this.trie ??= new Trie(this.atoms, this.layout.size)
    return this.trie.longest(ids, at)
  }

  /** JSON text; `read` takes it back. */
  save(): string {
    const lines = this.segments.map((segment) => JSON.stringify(segmentText(segment)))
    return `{"format":"${FORMAT}","version":1,"canvas":${this.layout.canvas},"segments":[\n${lines.join(',\n')}\n]}\n`
  }

  /** From the text or the bytes of a file (untrusted). Throws FORMAT_INVALID, FORMAT_UNKNOWN, FILE_TOO_LARGE. */
  static read(file: string | Uint8Array): SegmentVocabulary {
    if (file.length > MAX_FILE) {
      throw new TesseraError('FILE_TOO_LARGE', `A segment vocabulary of ${file.length} bytes`, {
        hint: `At most ${MAX_FILE} are read`,
      })
    }
    let data: unknown
    try {
      data = JSON.parse(
        typeof file === 'string' ? file : new TextDecoder('utf-8', { fatal: true }).decode(file),
      )
    } catch (cause) {
      throw new TesseraError('FORMAT_INVALID', 'A segment vocabulary is JSON, and this is not', { cause })
    }
    const fields = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>
    if (fields.format !== FORMAT) {
      throw new TesseraError('FORMAT_UNKNOWN', `No segment vocabulary: "format" is not "${FORMAT}"`, {
        hint: 'Make one with `tessera svg train`',
      })
    }
    if (fields.version !== 1) {
      throw new TesseraError('FORMAT_UNSUPPORTED', 'A segment vocabulary of another version', {
        where: 'version',
      })
    }
    const { canvas, segments } = fields
    if (typeof canvas !== 'number') {
      throw new TesseraError('FORMAT_INVALID', 'The canvas is a number', { where: 'canvas' })
    }
    if (!Array.isArray(segments) || segments.length > MAX_SEGMENTS) {
      throw new TesseraError('FORMAT_INVALID', `segments is a list of at most ${MAX_SEGMENTS} texts`, {
        where: 'segments',
      })
    }
    const read = segments.map((text: unknown, i) => {
      const segment = typeof text === 'string' ? parseSegment(text) : null
      if (!segment) {
        throw new TesseraError('FORMAT_INVALID', 'Not whole commands', {
          where: `segments[${i}]`,
          hint: 'A segment is written such as "l 3 -4 h 10"',
        })
      }
      return segment
    })
    return new SegmentVocabulary(canvas, read)
  }
}

/** `l 3 -4 h 10`: path data in one spelling. */
export function segmentText(segment: readonly Command[]): string {
  return segment.map(({ letter, args }) => [letter, ...args].join(' ')).join(' ')
}

function parseSegment(text: string): Command[] | null {
  const words = text.split(' ')
  const commands: Command[] = []
  for (let i = 0; i < words.length;) {
    const letter = words[i++]!
    const kinds = ARGUMENTS.get(letter)
    if (!kinds || commands.length >= MAX_SEGMENT_COMMANDS) return null
    const args: number[] = []
    for (let k = 0; k < kinds.length; k++) {
      const word = words[i++]
      if (word === undefined || !/^(0|-?[1-9]\d{0,4})$/.test(word)) return null
      args.push(Number(word))
    }
    commands.push({ letter, args })
  }
  return commands
}

/** Atomic ids of commands, or null when one has no tokens. */
export function commandAtoms(commands: readonly Command[], layout: SvgLayout): Uint32Array | null {
  const ids: number[] = []
  for (const { letter, args } of commands) {
    const kinds = ARGUMENTS.get(letter)
    if (kinds?.length !== args.length) return null
    ids.push(layout.command(letter))
    for (let i = 0; i < kinds.length; i++) {
      if (!layout.holds(kinds[i]!, args[i]!)) return null
      ids.push(layout.argument(kinds[i]!, args[i]!))
    }
  }
  return Uint32Array.from(ids)
}

class Trie {
  private readonly edges = new Map<number, number>()
  /** Segment that ends at each node, or -1. */
  private readonly ends: number[] = [-1]
  private readonly width: number

  constructor(segments: readonly Uint32Array[], width: number) {
    this.width = width
    segments.forEach((ids, segment) => {
      let node = 0
      for (const id of ids) {
        const edge = node * width + id
        let next = this.edges.get(edge)
        if (next === undefined) {
          next = this.ends.length
          this.ends.push(-1)
          this.edges.set(edge, next)
        }
        node = next
      }
      this.ends[node] = segment
    })
  }

  longest(ids: ArrayLike<number>, at: number): { segment: number; length: number } | null {
    let found: { segment: number; length: number } | null = null
    let node: number | undefined = 0
    for (let i = at; i < ids.length; i++) {
      node = this.edges.get(node * this.width + ids[i]!)
      if (node === undefined) break
      const segment = this.ends[node]!
      if (segment >= 0) found = { segment, length: i - at + 1 }
    }
    return found
  }
}
