// TokenizerSpec → compact form. Slow on purpose (about a second for 200,000 tokens): it looks for the
// smallest exact description, so that reading has nothing to search.
import { utf8Encode } from '../../../core/index.ts'
import type { BpeModelSpec, ModelSpec, TokenizerSpec } from '../../spec.ts'
import { ByteWriter } from '../byte-writer.ts'
import { invalid } from '../limits.ts'
import { joinedIds, mergesFollowRanks, mergesFromRanks } from '../rank-merges.ts'
import { xxh32 } from '../xxh32.ts'
import {
  HEADER_BYTES,
  MAGIC,
  MAX_GROWTH,
  MAX_TOKEN_BYTES,
  type MergeForm,
  SECTION,
  VERSION,
} from './layout.ts'

export function writeCompact(spec: TokenizerSpec): Uint8Array {
  const { model } = spec
  if (model.vocab.maxTokenBytes > MAX_TOKEN_BYTES) {
    throw invalid(
      `A token has ${model.vocab.maxTokenBytes} bytes; the compact form holds ${MAX_TOKEN_BYTES}`,
      spec.name,
    )
  }
  const plan = planMerges(model)
  const sections: [number, Uint8Array][] = [
    ...tokenSections(model, plan.parts),
    ...(model.type === 'BPE' && plan.form === 'list' ? mergeSections(model, spec.name) : []),
  ]
  let scoreBytes = 0
  if (model.type === 'Unigram') {
    scoreBytes = model.scores.every((x) => Math.fround(x) === x) ? 4 : 8
    const view = new DataView(new ArrayBuffer(model.scores.length * scoreBytes))
    model.scores.forEach((x, i) => {
      if (scoreBytes === 4) view.setFloat32(i * 4, x, true)
      else view.setFloat64(i * 8, x, true)
    })
    sections.push([SECTION.scores, new Uint8Array(view.buffer)])
  }
  const header = utf8Encode(JSON.stringify(headerOf(spec, plan.form, scoreBytes)))
  return assemble([[SECTION.header, header], ...sections])
}

function headerOf(spec: TokenizerSpec, merges: MergeForm | null, scoreBytes: number): object {
  return {
    name: spec.name,
    reference: spec.reference,
    normalizer: spec.normalizer,
    pre_tokenizer: spec.preTokenizer,
    post_processor: spec.postProcessor,
    decoder: spec.decoder,
    added_tokens: spec.addedTokens,
    truncation: spec.truncation,
    padding: spec.padding,
    chat_template: spec.chatTemplate,
    named_tokens: spec.namedTokens,
    model: modelHeader(spec.model, merges, scoreBytes),
  }
}

function modelHeader(model: ModelSpec, merges: MergeForm | null, scoreBytes: number): object {
  const shared = { type: model.type, alphabet: model.vocab.alphabet }
  switch (model.type) {
    case 'BPE':
      return {
        ...shared,
        merges,
        byte_level: model.byteLevel,
        unk_token: model.unkToken,
        continuing_subword_prefix: model.continuingSubwordPrefix,
        end_of_word_suffix: model.endOfWordSuffix,
        fuse_unk: model.fuseUnk,
        byte_fallback: model.byteFallback,
        ignore_merges: model.ignoreMerges || merges === 'ranks',
      }
    case 'Unigram':
      return { ...shared, score_bytes: scoreBytes, unk_id: model.unkId, byte_fallback: model.byteFallback }
    case 'WordPiece':
      return {
        ...shared,
        unk_token: model.unkToken,
        continuing_subword_prefix: model.continuingSubwordPrefix,
        max_input_chars_per_word: model.maxInputCharsPerWord,
      }
    case 'WordLevel':
      return { ...shared, unk_token: model.unkToken }
  }
}

/** Which tokens are written as joins: `[2 * size]` left and right part, -1 = spelled out. */
function planMerges(model: ModelSpec): { form: MergeForm | null; parts: Int32Array } {
  const parts = new Int32Array(2 * model.vocab.size).fill(-1)
  if (model.type !== 'BPE') return { form: null, parts }
  const byRanks = mergesFollowRanks(model)
  const merges = byRanks ? mergesFromRanks(model.vocab) : model.merges!
  const { vocab } = model
  const prefixed = Boolean(model.continuingSubwordPrefix)
  const joined = joinedIds(vocab, merges)
  let spelled = vocab.bytes.length
  let sameAsJoins = !prefixed
  let last = -1
  for (let i = 0; i < joined.length && !prefixed; i++) {
    const id = joined[i]!
    const [left, right] = [merges[2 * i]!, merges[2 * i + 1]!]
    const usable =
      id > left &&
      id > right &&
      !vocab.literal.has(id) &&
      !vocab.literal.has(left) &&
      !vocab.literal.has(right)
    if (!usable || id <= last) sameAsJoins = false
    if (!usable || parts[2 * id]! >= 0) continue
    last = id
    parts[2 * id] = left
    parts[2 * id + 1] = right
    spelled -= vocab.offsets[id + 1]! - vocab.offsets[id]!
  }
  const estimate = spelled + 2 * joined.length
  if (vocab.bytes.length > (MAX_GROWTH / 2) * estimate) {
    parts.fill(-1)
    sameAsJoins = false
  }
  return { form: byRanks ? 'ranks' : sameAsJoins ? 'joins' : 'list', parts }
}

function tokenSections({ vocab }: ModelSpec, parts: Int32Array): [number, Uint8Array][] {
  const shapes = new ByteWriter()
  const spelled = new ByteWriter()
  const lefts = new ByteWriter()
  const rights = new ByteWriter()
  const literals = new ByteWriter()
  let shape = -1
  let count = 0
  const flush = () => {
    if (count === 0) return
    shapes.varint(shape)
    shapes.varint(count)
  }
  let lastLiteral = 0
  for (let id = 0; id < vocab.size; id++) {
    const length = vocab.offsets[id + 1]! - vocab.offsets[id]!
    const joins = parts[2 * id]! >= 0
    const here = joins ? 1 : length === 0 ? 0 : length + 1
    if (here !== shape) {
      flush()
      shape = here
      count = 0
    }
    count++
    if (joins) {
      lefts.varint(parts[2 * id]!)
      rights.varint(parts[2 * id + 1]!)
    } else spelled.put(vocab.bytesOf(id))
    if (vocab.literal.has(id)) {
      literals.varint(id - lastLiteral)
      lastLiteral = id
    }
  }
  flush()
  return [
    [SECTION.shapes, shapes.done()],
    [SECTION.spelled, spelled.done()],
    [SECTION.lefts, lefts.done()],
    [SECTION.rights, rights.done()],
    [SECTION.literals, literals.done()],
  ]
}

function mergeSections(model: BpeModelSpec, name: string): [number, Uint8Array][] {
  const merges = model.merges!
  const prefixLength = utf8Encode(model.continuingSubwordPrefix ?? '').length
  const joined = joinedIds(model.vocab, merges, prefixLength)
  const columns = [new ByteWriter(), new ByteWriter(), new ByteWriter()] as const
  let last = 0
  joined.forEach((id, i) => {
    if (id < 0) throw invalid('A merge makes a token that is not in the vocabulary', `${name}: merge ${i}`)
    const step = id - last
    last = id
    columns[0].varint(step < 0 ? -2 * step - 1 : 2 * step)
    columns[1].varint(merges[2 * i]!)
    columns[2].varint(merges[2 * i + 1]!)
  })
  return [
    [SECTION.mergeIds, columns[0].done()],
    [SECTION.mergeLefts, columns[1].done()],
    [SECTION.mergeRights, columns[2].done()],
  ]
}

function assemble(sections: readonly [number, Uint8Array][]): Uint8Array {
  const file = new ByteWriter()
  for (const byte of MAGIC) file.u8(byte)
  file.u8(VERSION)
  file.put(new Uint8Array(HEADER_BYTES - MAGIC.length - 1))
  for (const [tag, content] of sections) {
    if (content.length === 0) continue
    file.u8(tag)
    file.varint(content.length)
    file.put(content)
  }
  const bytes = file.done()
  const view = new DataView(bytes.buffer)
  view.setUint32(8, bytes.length, true)
  view.setUint32(12, xxh32(bytes, HEADER_BYTES), true)
  return bytes
}
