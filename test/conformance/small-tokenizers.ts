// Two small encoder tokenizers built from the prose of the test corpus, as tokenizer.json text: a BERT
// WordPiece (BertNormalizer, BertPreTokenizer, [CLS] … [SEP]) and a Unigram in the manner of T5 and XLM-R
// (NFKC, Metaspace, byte fallback off, fused unknowns).
import { prose } from './texts.ts'

function frequencies(items: Iterable<string>): [string, number][] {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
}

export function bertWordPiece(): string {
  const words = frequencies(
    prose()
      .toLowerCase()
      .match(/[a-z]+|[^\sa-z]/g) ?? [],
  )
  const pieces = new Set(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'])
  const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789éß中文日本のпр']
  for (const letter of letters) pieces.add(letter).add(`##${letter}`)
  for (const [word] of words.slice(0, 3000)) pieces.add(word)
  for (const [word] of words.slice(0, 3000))
    if (word.length > 4) pieces.add(`##${word.slice(-3)}`).add(`##${word.slice(2)}`)
  const special = (id: number, content: string) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })
  const vocab = Object.fromEntries([...pieces].map((piece, id) => [piece, id]))
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].map((content, id) => special(id, content)),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  })
}

export function unigram(): string {
  const text = prose().normalize('NFKC')
  const words = frequencies((text.match(/\S+/g) ?? []).map((word) => `▁${word}`)).slice(0, 2500)
  const parts = frequencies(
    words.flatMap(([word, n]) =>
      Array.from({ length: word.length - 1 }, (_, i) => [word.slice(i, i + 2), word.slice(i, i + 4)])
        .flat()
        .flatMap((part) => (n > 5 ? [part] : [])),
    ),
  ).slice(0, 2500)
  const characters = frequencies(text.replace(/\s/g, '▁'))
  const total = text.length
  const scores = new Map<string, number>([
    ['<unk>', 0],
    ['<s>', 0],
    ['</s>', 0],
  ])
  for (const [piece, n] of [...characters, ...words, ...parts]) {
    if (!scores.has(piece)) scores.set(piece, Math.log(n / total))
  }
  const special = (id: number, content: string) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(0, '<unk>'), special(1, '<s>'), special(2, '</s>')],
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFKC' }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }],
    },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
      pair: [
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
      ],
      special_tokens: { '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] } },
    },
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: { type: 'Unigram', unk_id: 0, byte_fallback: false, vocab: [...scores] },
  })
}
