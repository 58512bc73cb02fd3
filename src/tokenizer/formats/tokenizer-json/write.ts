// TokenizerSpec → tokenizer.json that Hugging Face loads back to the same ids.
// Hugging Face gives ids to added tokens itself when it loads a file: the id in the model's vocabulary, else
// the next free one. Where that would not be the id here (tiktoken leaves gaps), the added tokens
// are also written into the vocabulary.
import type { AddedToken, BpeModelSpec, TokenizerSpec, UnigramModelSpec } from '../../spec.ts'
import type { Vocab } from '../../vocab.ts'
import { mergesFromRanks } from '../rank-merges.ts'

export function writeTokenizerJson(spec: TokenizerSpec): string {
  const added = [...spec.addedTokens].sort((a, b) => a.id - b.id)
  const parts: [string, string][] = [
    ['version', '"1.0"'],
    ['truncation', JSON.stringify(spec.truncation)],
    ['padding', JSON.stringify(spec.padding)],
    [
      'added_tokens',
      lines(
        '[',
        added.map((token) => JSON.stringify(token)),
        ']',
      ),
    ],
    ['normalizer', JSON.stringify(spec.normalizer)],
    ['pre_tokenizer', JSON.stringify(spec.preTokenizer)],
    ['post_processor', JSON.stringify(spec.postProcessor)],
    ['decoder', JSON.stringify(spec.decoder)],
    ['model', writeModel(spec, added)],
  ]
  return object(parts) + '\n'
}

function object(parts: readonly [string, string][]): string {
  return '{\n' + parts.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(',\n') + '\n}'
}

function lines(open: string, items: readonly string[], close: string): string {
  return items.length === 0 ? open + close : `${open}\n${items.join(',\n')}\n${close}`
}

function writeModel(spec: TokenizerSpec, added: readonly AddedToken[]): string {
  const { model } = spec
  const text = (value: unknown) => JSON.stringify(value)
  const vocab: [string, string] = [
    'vocab',
    model.type === 'Unigram' ? scoredVocab(model, added) : vocabObject(model.vocab, added),
  ]
  switch (model.type) {
    case 'BPE':
      return object([
        ['type', '"BPE"'],
        ['dropout', 'null'],
        ['unk_token', text(model.unkToken)],
        ['continuing_subword_prefix', text(model.continuingSubwordPrefix)],
        ['end_of_word_suffix', text(model.endOfWordSuffix)],
        ['fuse_unk', text(model.fuseUnk)],
        ['byte_fallback', text(model.byteFallback)],
        ['ignore_merges', text(model.ignoreMerges)],
        vocab,
        ['merges', mergeList(model)],
      ])
    case 'Unigram':
      return object([
        ['type', '"Unigram"'],
        ['unk_id', text(model.unkId)],
        ['byte_fallback', text(model.byteFallback)],
        vocab,
      ])
    case 'WordPiece':
      return object([
        ['type', '"WordPiece"'],
        ['unk_token', text(model.unkToken)],
        ['continuing_subword_prefix', text(model.continuingSubwordPrefix)],
        ['max_input_chars_per_word', text(model.maxInputCharsPerWord)],
        vocab,
      ])
    case 'WordLevel':
      return object([['type', '"WordLevel"'], ['unk_token', text(model.unkToken)], vocab])
  }
}

/** Whether Hugging Face would give these tokens their ids on its own; `count` = entries of the vocabulary. */
function idsComeNaturally(
  added: readonly AddedToken[],
  known: (token: AddedToken) => boolean,
  count: number,
): boolean {
  let highest = -1
  for (const token of added) {
    const natural = known(token) ? token.id : highest >= count ? highest + 1 : count
    if (natural !== token.id) return false
    highest = Math.max(highest, token.id)
  }
  return true
}

function vocabObject(vocab: Vocab, added: readonly AddedToken[]): string {
  const texts = new Map<string, number>()
  for (let id = 0; id < vocab.size; id++) if (vocab.has(id)) texts.set(vocab.stringOf(id), id)
  if (!idsComeNaturally(added, (t) => texts.get(t.content) === t.id, texts.size)) {
    for (const { content, id } of added) if (!texts.has(content)) texts.set(content, id)
  }
  const entries = [...texts].sort((a, b) => a[1] - b[1])
  return lines(
    '{',
    entries.map(([token, id]) => `${JSON.stringify(token)}: ${id}`),
    '}',
  )
}

/** Ids are positions here, so every hole needs an entry: its added token, or a name that no text has. */
function scoredVocab({ vocab, scores }: UnigramModelSpec, added: readonly AddedToken[]): string {
  const names = new Map(added.map((t) => [t.id, t.content]))
  let lowest = 0
  for (let id = 0; id < vocab.size; id++) if (vocab.has(id)) lowest = Math.min(lowest, scores[id]!)
  const entries: string[] = []
  for (let id = 0; id < vocab.size; id++) {
    const entry = vocab.has(id)
      ? [vocab.stringOf(id), scores[id]!]
      : names.has(id)
        ? [names.get(id)!, 0]
        : [`\u0000unused${id}`, lowest]
    entries.push(JSON.stringify(entry))
  }
  return lines('[', entries, ']')
}

/** "a b", the form every version reads; pairs when a token has a space in it. */
function mergeList(model: BpeModelSpec): string {
  const { vocab } = model
  const merges = model.merges ?? mergesFromRanks(vocab)
  const texts = new Map<number, string>()
  const textOf = (id: number) => {
    let text = texts.get(id)
    if (text === undefined) texts.set(id, (text = vocab.stringOf(id)))
    return text
  }
  const items: string[] = []
  let spaced = false
  for (let i = 0; i < merges.length && !spaced; i += 2) {
    const left = textOf(merges[i]!)
    const right = textOf(merges[i + 1]!)
    spaced = left.includes(' ') || right.includes(' ') || left.startsWith('#version')
    items.push(JSON.stringify(`${left} ${right}`))
  }
  if (spaced) {
    items.length = 0
    for (let i = 0; i < merges.length; i += 2) {
      items.push(JSON.stringify([textOf(merges[i]!), textOf(merges[i + 1]!)]))
    }
  }
  return lines('[', items, ']')
}
