// What post-processing works on: the ids of one text and, only when they are wanted, everything that goes
// with each id. Bare ids stay bare: no array is made that nobody asked for.

export interface Part {
  /** `[tokens]` */
  readonly ids: Uint32Array
  /** null: only ids are wanted. */
  readonly details: Details | null
}

export interface Details {
  /** `[tokens]` as tokenizer.json writes them. */
  readonly tokens: readonly string[]
  /** `[2 * tokens]` UTF-16 ranges in the token's own text; 0, 0 for tokens of the template. */
  readonly offsets: Uint32Array
  /** The text that they are ranges of; empty for a part of the template. */
  readonly source: string
  /** `[tokens]` */
  readonly typeIds: Uint8Array
  /** `[tokens]` 1 = from the template. */
  readonly specialMask: Uint8Array
  /** `[tokens]` 0 or 1: whose offsets they are (first or second text); -1 = from the template. */
  readonly texts: Int8Array
}

/** A part as the model made it, for text 0 or 1; offsets are UTF-16 ranges in `source`. */
export function textPart(
  ids: Uint32Array,
  tokens: readonly string[],
  offsets: Uint32Array,
  source: string,
  text: 0 | 1 = 0,
): Part {
  const count = ids.length
  return {
    ids,
    details: {
      tokens,
      offsets,
      source,
      typeIds: new Uint8Array(count).fill(text),
      specialMask: new Uint8Array(count),
      texts: new Int8Array(count).fill(text),
    },
  }
}

/** Tokens of a template. */
export function templatePart(
  ids: readonly number[],
  tokens: readonly string[],
  typeId: number,
  withDetails: boolean,
): Part {
  const count = ids.length
  return {
    ids: Uint32Array.from(ids),
    details: withDetails
      ? {
          tokens,
          offsets: new Uint32Array(2 * count),
          source: '',
          typeIds: new Uint8Array(count).fill(typeId),
          specialMask: new Uint8Array(count).fill(1),
          texts: new Int8Array(count).fill(-1),
        }
      : null,
  }
}

/** The same tokens with another type. */
export function withType(part: Part, typeId: number): Part {
  const { ids, details } = part
  if (!details) return part
  return { ids, details: { ...details, typeIds: new Uint8Array(ids.length).fill(typeId) } }
}

/** Tokens `[from, to)`. */
export function slicePart(part: Part, from: number, to: number): Part {
  const { ids, details } = part
  if (from === 0 && to === ids.length) return part
  return {
    ids: ids.subarray(from, to),
    details: details && {
      ...details,
      tokens: details.tokens.slice(from, to),
      offsets: details.offsets.subarray(2 * from, 2 * to),
      typeIds: details.typeIds.subarray(from, to),
      specialMask: details.specialMask.subarray(from, to),
      texts: details.texts.subarray(from, to),
    },
  }
}

/** One part after another; with details when all have them. The source is the first that is not empty. */
export function joinParts(parts: readonly Part[]): Part {
  if (parts.length === 1) return parts[0]!
  let count = 0
  for (const part of parts) count += part.ids.length
  const ids = new Uint32Array(count)
  const tokens: string[] = []
  const offsets = new Uint32Array(2 * count)
  const typeIds = new Uint8Array(count)
  const specialMask = new Uint8Array(count)
  const texts = new Int8Array(count)
  let withDetails = true
  let source = ''
  let at = 0
  for (const { ids: some, details } of parts) {
    ids.set(some, at)
    if (details && withDetails) {
      for (const token of details.tokens) tokens.push(token)
      offsets.set(details.offsets, 2 * at)
      typeIds.set(details.typeIds, at)
      specialMask.set(details.specialMask, at)
      texts.set(details.texts, at)
      source ||= details.source
    } else withDetails = false
    at += some.length
  }
  return { ids, details: withDetails ? { tokens, offsets, source, typeIds, specialMask, texts } : null }
}
