// The plain pipeline put together, piece by piece and without any shortcut: what the tests compare with the
// native library, and the oracle for faster engines.
import { compileAdded } from '../../added/added.ts'
import { aligned, sliceAligned, sourceRange, type AlignedText } from '../../aligned.ts'
import { textPart, type Part } from '../../postprocess/part.ts'
import { compilePostProcessor } from '../../postprocess/compile.ts'
import { compilePreTokenizer } from '../../pretokenize/compile.ts'
import type { AddedToken, ModelSpec, PostProcessorSpec, PreTokenizerSpec, Reference } from '../../spec.ts'
import type { Specials } from '../../types.ts'
import { compileModel } from '../compile.ts'

export interface PlainParts {
  model: ModelSpec
  normalize?: ((text: AlignedText) => AlignedText) | null
  preTokenizer?: PreTokenizerSpec | null
  postProcessor?: PostProcessorSpec | null
  addedTokens?: AddedToken[]
  reference?: Reference
}

export interface PlainTokenizer {
  part(text: string, which?: 0 | 1, specials?: Specials): Part
  encode(a: string, b?: string, template?: boolean): Part
}

export function plainTokenizer(parts: PlainParts): PlainTokenizer {
  const reference = parts.reference ?? 'huggingface'
  const normalize = parts.normalize ?? ((text: AlignedText) => text)
  const tokens = parts.addedTokens ?? []
  const added = compileAdded(tokens, (text) => normalize(aligned(text, false)).text)
  const contents = new Map(tokens.map((token) => [token.id, token.content]))
  const preTokenize = compilePreTokenizer(parts.preTokenizer ?? null, reference)
  const model = compileModel(parts.model)
  const post = compilePostProcessor(parts.postProcessor ?? null, tokens)

  const part = (text: string, which: 0 | 1 = 0, specials: Specials = 'parse'): Part => {
    const ids: number[] = []
    const offsets: number[] = []
    const strings: string[] = []
    const put = (id: number, [start, end]: [number, number]): void => {
      ids.push(id)
      offsets.push(start, end)
      strings.push(contents.get(id) ?? parts.model.vocab.stringOf(id))
    }
    const plainText = (source: AlignedText): void => {
      for (const piece of preTokenize([source])) {
        model.encodePiece(piece.text, (id, start, end) => put(id, sourceRange(piece, start, end)))
      }
    }
    const source = aligned(text, true)
    added.splitRaw(text, specials, (start, end, id) => {
      if (id >= 0) return put(id, [start, end])
      const normalized = normalize(sliceAligned(source, start, end))
      added.splitNormalized(normalized.text, specials, (from, to, inner) => {
        const slice = sliceAligned(normalized, from, to)
        if (inner >= 0) put(inner, sourceRange(slice, 0, slice.text.length))
        else plainText(slice)
      })
    })
    return textPart(Uint32Array.from(ids), strings, Uint32Array.from(offsets), text, which)
  }
  return {
    part,
    encode: (a, b, template = true) => post.apply(part(a), b === undefined ? null : part(b, 1), template),
  }
}
