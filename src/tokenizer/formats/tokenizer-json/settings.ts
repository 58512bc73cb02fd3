// The rest of tokenizer.json that is small: added tokens, truncation, padding; and the files that stand
// beside it (tokenizer_config.json, special_tokens_map.json), for named tokens and the chat template.
import type { AddedToken, PaddingSpec, TruncationSpec } from '../../spec.ts'
import type { Vocab } from '../../vocab.ts'
import { JsonFields, stringOf } from '../json-fields.ts'
import { invalid, MAX_IDS } from '../limits.ts'

/**
 * Added tokens by file order. As in Hugging Face: a token that the vocabulary has keeps its id there,
 * an empty one is ignored, and of two entries with the same text the later one counts.
 * `vocab` null: the ids of the file are final.
 */
export function readAddedTokens(value: unknown, where: string, vocab: Vocab | null): AddedToken[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid('Expected a list', where)
  const byContent = new Map<string, AddedToken>()
  const contentOf = new Map<number, string>()
  value.forEach((entry: unknown, i) => {
    const fields = new JsonFields(entry, `${where}[${i}]`)
    const content = fields.string('content')
    if (content === '') return
    const known = vocab ? vocab.idOfString(content) : -1
    const id = known >= 0 ? known : fields.integer('id', MAX_IDS - 1)
    const other = contentOf.get(id)
    if (other !== undefined && other !== content) {
      throw invalid(`Two added tokens have the id ${id}: "${other}" and "${content}"`, fields.path('id'))
    }
    const special = fields.boolean('special', false)
    contentOf.set(id, content)
    byContent.set(content, {
      id,
      content,
      single_word: fields.boolean('single_word', false),
      lstrip: fields.boolean('lstrip', false),
      rstrip: fields.boolean('rstrip', false),
      normalized: fields.boolean('normalized', !special),
      special,
    })
  })
  return [...byContent.values()]
}

export function readTruncation(value: unknown, where: string): TruncationSpec | null {
  if (value === undefined || value === null) return null
  const fields = new JsonFields(value, where)
  return {
    direction: fields.oneOf('direction', ['Left', 'Right'], 'Right'),
    max_length: fields.integer('max_length', 2 ** 32),
    strategy: fields.oneOf('strategy', ['LongestFirst', 'OnlyFirst', 'OnlySecond'], 'LongestFirst'),
    stride: fields.integer('stride', 2 ** 32, 0),
  }
}

export function readPadding(value: unknown, where: string): PaddingSpec | null {
  if (value === undefined || value === null) return null
  const fields = new JsonFields(value, where)
  const strategy =
    typeof fields.get('strategy') === 'object'
      ? { Fixed: fields.child('strategy').integer('Fixed', 1 << 24) }
      : fields.oneOf('strategy', ['BatchLongest'], 'BatchLongest')
  return {
    strategy,
    direction: fields.oneOf('direction', ['Left', 'Right'], 'Right'),
    pad_to_multiple_of: fields.lacks('pad_to_multiple_of')
      ? null
      : fields.integer('pad_to_multiple_of', 1 << 24),
    pad_id: fields.integer('pad_id', MAX_IDS - 1, 0),
    pad_type_id: fields.integer('pad_type_id', 255, 0),
    pad_token: fields.string('pad_token', '[PAD]'),
  }
}

/** The `*_token` entries of tokenizer_config.json or special_tokens_map.json: a string or an object. */
export function readNamedTokens(config: JsonFields): Record<string, string> {
  const named: [string, string][] = []
  for (const key of config.keys()) {
    if (!key.endsWith('_token')) continue
    const value = config.get(key)
    if (typeof value === 'string') named.push([key, value])
    else if (typeof value === 'object' && value !== null)
      named.push([key, config.child(key).string('content')])
  }
  return Object.fromEntries(named)
}

/** `chat_template`: one source, or a list of named ones of which `default` (else the first) counts. */
export function readChatTemplate(config: JsonFields): string | null {
  const value = config.get('chat_template')
  if (value === undefined || value === null) return null
  if (!Array.isArray(value)) return stringOf(value, config.path('chat_template'))
  const templates = value.map((entry, i) => new JsonFields(entry, `${config.path('chat_template')}[${i}]`))
  const chosen = templates.find((t) => t.get('name') === 'default') ?? templates[0]
  return chosen ? chosen.string('template') : null
}
