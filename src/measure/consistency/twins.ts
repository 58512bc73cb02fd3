// Near-duplicate tokens: entries of the vocabulary that a reader takes for the same word. The paper's commonest
// phantom edit swaps two of them (leading space); letter case and Unicode normal form are the other two ways.
import { throwIfCancelled, utf8Decode, type LongWork } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { pause } from './pause.ts'
import { TokenTable } from './token-table.ts'
import { utf8Shape } from './utf8-shape.ts'

/** In what two tokens differ, and in nothing else. `bytes`: in nothing at all, two ids spell the same. */
export type TwinKind = 'space' | 'case' | 'normal form' | 'bytes'
export const TWIN_KINDS: readonly TwinKind[] = ['space', 'case', 'normal form', 'bytes']

export interface TwinCount {
  /** Tokens that have at least one twin of this kind. */
  tokens: number
  /** Groups of such tokens, the largest first: at most as many as were asked for. */
  groups: number[][]
}

export interface Twins {
  /** Tokens looked at: those that are whole characters, special tokens left out. */
  tokens: number
  kinds: Record<TwinKind, TwinCount>
  /** Tokens with a twin in any of these ways, or in several at once. */
  any: TwinCount
}

/** Throws CANCELLED. */
export async function twinsOf(
  tokenizer: Tokenizer,
  { groups = 20, ...work }: LongWork & { groups?: number } = {},
): Promise<Twins> {
  const table = TokenTable.of(tokenizer)
  const ids = table.order.filter((id) => utf8Shape(table.bytesOf(id)) === 'whole')
  const texts = Array.from(ids, (id) => utf8Decode(table.bytesOf(id)))
  // Two ids with the same bytes are twins of the last kind only.
  const grouped = async (key: (text: string) => string, same = false): Promise<TwinCount> => {
    throwIfCancelled(work.signal)
    await pause()
    return groupsOf(ids, texts, key, { most: groups, same })
  }
  work.onProgress?.({ stage: 'pairing near-duplicates', done: 0, total: ids.length, unit: 'items' })
  const result: Twins = {
    tokens: ids.length,
    kinds: {
      space: await grouped(withoutSpace),
      case: await grouped((text) => text.toLowerCase()),
      'normal form': await grouped((text) => text.normalize('NFC')),
      bytes: await grouped((text) => text, true),
    },
    any: await grouped((text) => withoutSpace(text).normalize('NFC').toLowerCase(), true),
  }
  return result
}

/** Whitespace alone has no word behind it to be a twin of. */
function withoutSpace(text: string): string {
  return text.trimStart() || text
}

/** `same`: tokens of one text make a group by themselves. */
function groupsOf(
  ids: Uint32Array,
  texts: readonly string[],
  key: (text: string) => string,
  { most, same }: { most: number; same: boolean },
): TwinCount {
  // First only the number of each key's tokens: most keys have one.
  const firsts = new Map<string, number>()
  const groups = new Map<string, number[]>()
  /** Keys under which two different texts were met. */
  const differing = new Set<string>()
  for (let i = 0; i < ids.length; i++) {
    const name = key(texts[i]!)
    const first = firsts.get(name)
    if (first === undefined) firsts.set(name, i)
    else {
      if (same || texts[i] !== texts[first]) differing.add(name)
      const group = groups.get(name)
      if (group) group.push(ids[i]!)
      else groups.set(name, [ids[first]!, ids[i]!])
    }
  }
  let tokens = 0
  const largest: number[][] = []
  for (const name of differing) {
    const group = groups.get(name)!.sort((a, b) => a - b)
    tokens += group.length
    largest.push(group)
  }
  largest.sort((a, b) => b.length - a.length || a[0]! - b[0]!)
  return { tokens, groups: largest.slice(0, most) }
}
