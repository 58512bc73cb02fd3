// The lab's worker: encodes a dropped file with every member of the Binary BPE family.
import {
  BinaryTokenizer,
  inspectExecutable,
  loadTokenizer,
  tokensBySection,
  type Section,
} from '../../../tokenizer/index.ts'
import { TesseraError } from '../../../core/index.ts'
import { answerCalls } from '../../worker/calls.ts'
import { VOCABULARIES } from '../../worker/vocabularies.ts'
import type { BinaryCalls, FamilyMember } from './protocol.ts'

const VOCABULARY = new URL(`${VOCABULARIES}binary-16k.tess`, location.href)
const BLOCKS = 160

let file = new Uint8Array(0)
let loading: Promise<BinaryTokenizer> | null = null

function tokenizer(): Promise<BinaryTokenizer> {
  loading ??= loadTokenizer(VOCABULARY).then(({ spec }) => BinaryTokenizer.fromSpec(spec))
  loading.catch(() => (loading = null))
  return loading
}

answerCalls<BinaryCalls>({
  async analyse({ bytes }, progress) {
    const family = await tokenizer()
    file = bytes as Uint8Array<ArrayBuffer>
    const { format, architectures, sections } = inspectExecutable(bytes)
    const members: FamilyMember[] = []
    let ids: Uint32Array = new Uint32Array(0)
    const { sizes } = family
    for (const [i, size] of sizes.entries()) {
      ids = family.encode(bytes, {
        size,
        onProgress: ({ done }) => progress((i + done / bytes.length) / sizes.length),
      })
      members.push({ size, tokens: ids.length, bySection: tokensBySection(family, ids, sections) })
    }
    return { format, architectures, sections, family: members, profile: profileOf(family, ids, bytes.length) }
  },

  async view({ size }) {
    const family = await tokenizer()
    const ids = family.encode(file, { size })
    const { offsets } = family.vocab
    const ends = new Uint32Array(ids.length)
    let at = 0
    for (let i = 0; i < ids.length; i++) ends[i] = at += offsets[ids[i]! + 1]! - offsets[ids[i]!]!
    return { ids, ends }
  },

  async textBaseline({ name }) {
    const text = await loadTokenizer(name, { base: VOCABULARIES })
    try {
      return text.count(file, { template: false, specials: 'text' })
    } catch (error) {
      if (error instanceof TesseraError && error.code === 'TEXT_NOT_UTF8') return NaN
      throw error
    }
  },
})

/** `[blocks]` bytes per token along the file: a token counts where it begins. */
function profileOf(family: BinaryTokenizer, ids: Uint32Array, length: number): Float32Array {
  const blocks: Section[] = []
  const count = Math.min(BLOCKS, length)
  for (let i = 0; i < count; i++) {
    const start = Math.floor((i * length) / count)
    const end = Math.floor(((i + 1) * length) / count)
    blocks.push({ name: '', kind: 'other', start, end })
  }
  const tokens = tokensBySection(family, ids, blocks)
  return Float32Array.from(blocks, ({ start, end }, i) => (end - start) / Math.max(tokens[i]!, 1))
}
