// Post-processing: special tokens around one text or a pair, by the template of the tokenizer.
// Source: the processors of Hugging Face tokenizers. A stage takes the list of parts (one or two texts at
// first) and gives a new list; the parts are joined at the end, so that stages can follow one another.
import { TesseraError } from '../../core/index.ts'
import type { AddedToken, PostProcessorSpec, TemplatePiece } from '../spec.ts'
import { joinParts, templatePart, withType, type Part } from './part.ts'
import { trimOffsets } from './trim.ts'

export interface PostProcessor {
  /** How many ids the template adds to one text, or to a pair. */
  added(pair: boolean): number
  /**
   * What one text's ids are framed by, for callers that want bare ids only.
   * null: the template does not use the text exactly once; use `apply`.
   */
  readonly frame: { readonly before: Uint32Array; readonly after: Uint32Array } | null
  /**
   * The final sequence. `template` false leaves the special tokens out, but types and trimmed offsets are
   * set all the same, as in the reference.
   */
  apply(a: Part, b: Part | null, template: boolean): Part
}

type Stage = (parts: Part[], template: boolean) => Part[]

/**
 * Compiles a post-processor. The tokenizer's added tokens matter to trimmed offsets only.
 * Throws FORMAT_INVALID for a template that names a token it does not define or a text that it lacks.
 */
export function compilePostProcessor(
  spec: PostProcessorSpec | null,
  addedTokens: readonly AddedToken[],
): PostProcessor {
  const stripping = new Set(addedTokens.filter((t) => t.lstrip || t.rstrip).map((t) => t.id))
  const stages = spec ? stagesOf(spec, stripping, 'post_processor') : []
  const apply = (a: Part, b: Part | null, template: boolean): Part => {
    let parts = b ? [a, b] : [a]
    if (spec) parts = parts.map((part, i) => withType(part, i))
    for (const stage of stages) parts = stage(parts, template)
    return joinParts(parts)
  }
  return {
    added: (pair) => (spec ? addedBy(spec, pair) : 0),
    frame: frameOf(apply),
    apply,
  }
}

/** Puts one id through the template that no template has, and looks where it comes out. */
function frameOf(apply: PostProcessor['apply']): PostProcessor['frame'] {
  const text = 0xffffffff
  const { ids } = apply({ ids: Uint32Array.of(text), details: null }, null, true)
  const at = ids.indexOf(text)
  if (at < 0 || ids.indexOf(text, at + 1) >= 0) return null
  return { before: ids.slice(0, at), after: ids.slice(at + 1) }
}

function addedBy(spec: PostProcessorSpec, pair: boolean): number {
  switch (spec.type) {
    case 'Sequence':
      return spec.processors.reduce((sum, inner) => sum + addedBy(inner, pair), 0)
    case 'BertProcessing':
      return pair ? 3 : 2
    case 'RobertaProcessing':
      return pair ? 4 : 2
    case 'ByteLevel':
      return 0
    case 'TemplateProcessing':
      return (pair ? spec.pair : spec.single).reduce(
        (sum, piece) =>
          sum + ('SpecialToken' in piece ? (spec.special_tokens[piece.SpecialToken.id]?.ids.length ?? 0) : 0),
        0,
      )
  }
}

function stagesOf(spec: PostProcessorSpec, stripping: ReadonlySet<number>, where: string): Stage[] {
  const trim = (addPrefixSpace: boolean): Stage => {
    return (parts) => parts.map((part) => trimOffsets(part, addPrefixSpace, stripping))
  }
  switch (spec.type) {
    case 'Sequence':
      return spec.processors.flatMap((inner, i) => stagesOf(inner, stripping, `${where}.processors[${i}]`))
    case 'ByteLevel':
      return spec.trim_offsets ? [trim(spec.add_prefix_space)] : []
    case 'BertProcessing':
      return [bert(spec.cls, spec.sep)]
    case 'RobertaProcessing': {
      const frame = roberta(spec.cls, spec.sep)
      return spec.trim_offsets ? [trim(spec.add_prefix_space), frame] : [frame]
    }
    case 'TemplateProcessing':
      return [template(spec, where)]
  }
}

type Special = readonly [token: string, id: number]

function special([token, id]: Special, typeId: number, like: Part): Part {
  return templatePart([id], [token], typeId, like.details !== null)
}

/** [CLS] a [SEP], and b [SEP] of type 1. */
function bert(cls: Special, sep: Special): Stage {
  return (parts, template) =>
    template
      ? parts.map((part, i) =>
          joinParts(
            i === 0 ? [special(cls, 0, part), part, special(sep, 0, part)] : [part, special(sep, 1, part)],
          ),
        )
      : parts
}

/** <s> a </s>, and </s> b </s>; all of type 0. */
function roberta(cls: Special, sep: Special): Stage {
  return (parts, template) =>
    parts.map((part, i) => {
      const text = withType(part, 0)
      return template ? joinParts([special(i === 0 ? cls : sep, 0, part), text, special(sep, 0, part)]) : text
    })
}

type TemplateSpec = Extract<PostProcessorSpec, { type: 'TemplateProcessing' }>

function template(spec: TemplateSpec, where: string): Stage {
  check(spec, spec.single, 1, `${where}.single`)
  check(spec, spec.pair, 2, `${where}.pair`)
  return (parts, withSpecials) => {
    if (parts.length > 2) {
      throw new TesseraError('FORMAT_UNSUPPORTED', 'A template cannot follow another template', { where })
    }
    const like = parts[0]!
    const out: Part[] = []
    for (const piece of parts.length === 2 ? spec.pair : spec.single) {
      if ('Sequence' in piece) {
        out.push(withType(parts[piece.Sequence.id === 'A' ? 0 : 1]!, piece.Sequence.type_id))
      } else if (withSpecials) {
        const { ids, tokens } = spec.special_tokens[piece.SpecialToken.id]!
        out.push(templatePart(ids, tokens, piece.SpecialToken.type_id, like.details !== null))
      }
    }
    return out.length > 0 ? out : [templatePart([], [], 0, like.details !== null)]
  }
}

function check(spec: TemplateSpec, pieces: readonly TemplatePiece[], texts: 1 | 2, where: string): void {
  pieces.forEach((piece, i) => {
    const at = `${where}[${i}]`
    const typeId = 'Sequence' in piece ? piece.Sequence.type_id : piece.SpecialToken.type_id
    if (!Number.isInteger(typeId) || typeId < 0 || typeId > 255) {
      throw new TesseraError('FORMAT_INVALID', `A type_id is a whole number from 0 to 255, not ${typeId}`, {
        where: at,
      })
    }
    if ('Sequence' in piece) {
      if (texts === 1 && piece.Sequence.id !== 'A') {
        throw new TesseraError('FORMAT_INVALID', 'The template for one text uses a second one', { where: at })
      }
      return
    }
    const { id } = piece.SpecialToken
    if (!Object.hasOwn(spec.special_tokens, id)) {
      throw new TesseraError(
        'FORMAT_INVALID',
        `The template uses the token ${JSON.stringify(id)}, which its special_tokens lack`,
        { where: at },
      )
    }
    const { ids, tokens } = spec.special_tokens[id]!
    if (ids.length !== tokens.length) {
      throw new TesseraError('FORMAT_INVALID', 'ids and tokens of a special token differ in number', {
        where: `${at}: ${JSON.stringify(id)}`,
      })
    }
  })
}
