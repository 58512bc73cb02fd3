// SVG ⇄ ids in one sequence: HiVG (arXiv 2604.05072, sections A to C). Ids are laid out as the paper appends them
// to a language model: the base tokenizer's first (attributes are text), then the atomic tokens of the canvas, then
// the learned segments.
import { TesseraError } from '../../core/index.ts'
import { canonicalise, type CanonicalReport } from './canonical.ts'
import { type Drawing, drawingText } from './drawing.ts'
import { SvgLayout } from './layout.ts'
import { type SegmentVocabulary, segmentText } from './segments.ts'
import { readSequence, writeSequence } from './sequence.ts'
import { BYTE_BASE, type TextBase } from './text-base.ts'

export interface SvgTokenizerOptions {
  /** Side of the square canvas in units. Default: that of `segments`, else 224. */
  canvas?: number
  /** Learned segment tokens; default none. */
  segments?: SegmentVocabulary
  /** What attributes are cut by. Default: bytes. */
  base?: TextBase
}

export interface SvgEncoding {
  ids: Uint32Array
  drawing: Drawing
  /** What the canonical form left out or changed. */
  report: CanonicalReport
}

export interface SvgDecoding {
  svg: string
  drawing: Drawing
  /** What could not be read of the ids. */
  problems: string[]
}

export type SvgTokenKind =
  'text' | 'open' | 'close' | 'command' | 'absolute' | 'relative' | 'flag' | 'segment'

/** What a model's embedding of a token can be started from (section D). */
export interface SvgToken {
  id: number
  kind: SvgTokenKind
  name: string
  /** From kind to meaning; null for text tokens, which have their embedding already. */
  description: readonly [string, string, string] | null
  /** In [0, 1] for coordinates; else null. */
  position: number | null
}

export class SvgTokenizer {
  readonly layout: SvgLayout
  readonly segments: SegmentVocabulary | null
  readonly base: TextBase

  /** Throws ARGUMENT_INVALID. */
  constructor({ canvas, segments, base = BYTE_BASE }: SvgTokenizerOptions = {}) {
    this.layout = new SvgLayout(canvas ?? segments?.layout.canvas ?? 224)
    if (segments && segments.layout.canvas !== this.layout.canvas) {
      throw new TesseraError('ARGUMENT_INVALID', 'The segments were learned on another canvas', {
        where: 'segments',
        hint: `They are for canvas ${segments.layout.canvas}, asked for is ${this.layout.canvas}`,
      })
    }
    this.segments = segments ?? null
    this.base = base
  }

  get canvas(): number {
    return this.layout.canvas
  }

  /** Ids from here on are atomic. */
  get firstAtom(): number {
    return this.base.size
  }

  /** Ids from here on are segments. */
  get firstSegment(): number {
    return this.base.size + this.layout.size
  }

  /** Number of ids. */
  get vocabSize(): number {
    return this.firstSegment + (this.segments?.size ?? 0)
  }

  /**
   * An SVG file (untrusted) to ids, with the drawing that they stand for and what was left out. Throws
   * FORMAT_INVALID, FORMAT_UNSUPPORTED, FILE_TOO_LARGE, TEXT_NOT_UTF8.
   */
  tokenise(svg: string | Uint8Array): SvgEncoding {
    const { drawing, report } = canonicalise(svg, this.canvas)
    return { ids: this.encodeDrawing(drawing), drawing, report }
  }

  /** `[tokens]` Throws what `tokenise` throws. */
  encode(svg: string | Uint8Array): Uint32Array {
    return this.tokenise(svg).ids
  }

  /** `[tokens]` of a drawing for this canvas. Throws ARGUMENT_INVALID for one of another canvas. */
  encodeDrawing(drawing: Drawing): Uint32Array {
    if (drawing.canvas !== this.canvas) {
      throw new TesseraError('ARGUMENT_INVALID', `A drawing for canvas ${drawing.canvas}, not ${this.canvas}`)
    }
    return this.contract(writeSequence(drawing, this.layout, this.base))
  }

  /** A valid SVG. Throws FORMAT_INVALID where the ids are no whole drawing, ID_OUT_OF_RANGE. */
  decode(ids: ArrayLike<number>): string {
    return drawingText(readSequence(this.expand(ids), this.layout, this.base, true).drawing)
  }

  /** The same for ids that a model wrote: what cannot be read is left out and listed. Throws ID_OUT_OF_RANGE. */
  decodeLenient(ids: ArrayLike<number>): SvgDecoding {
    const { drawing, problems } = readSequence(this.expand(ids), this.layout, this.base, false)
    return { svg: drawingText(drawing), drawing, problems }
  }

  /** Segments to their atomic ids; all others stay. Throws ID_OUT_OF_RANGE. */
  expand(ids: ArrayLike<number>): Uint32Array {
    const { firstAtom, firstSegment, vocabSize } = this
    const out: number[] = []
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (!Number.isInteger(id) || id < 0 || id >= vocabSize) {
        throw new TesseraError('ID_OUT_OF_RANGE', `No token has the id ${id}`, {
          where: `ids[${i}]`,
          hint: `This vocabulary has the ids 0 to ${vocabSize - 1}`,
        })
      }
      if (id < firstSegment) out.push(id)
      else for (const atom of this.segments!.atoms[id - firstSegment]!) out.push(firstAtom + atom)
    }
    return Uint32Array.from(out)
  }

  /** The greedy longest segments in place of their atomic ids; `expand` takes it back exactly. */
  contract(ids: ArrayLike<number>): Uint32Array {
    const { segments, layout, firstAtom, firstSegment } = this
    if (!segments || segments.size === 0) return Uint32Array.from(ids)
    const atoms = Float64Array.from(ids, (id) => id - firstAtom)
    const out: number[] = []
    for (let i = 0; i < atoms.length;) {
      const found = layout.letterOf(atoms[i]!) === '' ? null : segments.longest(atoms, i)
      if (found) {
        out.push(firstSegment + found.segment)
        i += found.length
      } else out.push(firstAtom + atoms[i++]!)
    }
    return Uint32Array.from(out)
  }

  /** What a token is, for people and for the initialisation of its embedding. Throws ID_OUT_OF_RANGE. */
  token(id: number): SvgToken {
    if (!Number.isInteger(id) || id < 0 || id >= this.vocabSize) {
      throw new TesseraError('ID_OUT_OF_RANGE', `No token has the id ${id}`, {
        hint: `This vocabulary has the ids 0 to ${this.vocabSize - 1}`,
      })
    }
    if (id < this.firstAtom) {
      return { id, kind: 'text', name: this.base.decode([id]), description: null, position: null }
    }
    if (id < this.firstSegment) return { id, ...this.layout.atom(id - this.firstAtom) }
    const segment = this.segments!.segments[id - this.firstSegment]!
    const name = segmentText(segment)
    const commands = segment.map(({ letter }) => letter).join(' ')
    const what = segment.length === 1 ? 'one whole command' : `${segment.length} whole commands`
    return {
      id,
      kind: 'segment',
      name,
      description: ['SVG path segment', `${what}: ${commands}`, name],
      position: null,
    }
  }
}
