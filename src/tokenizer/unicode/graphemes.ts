// Extended grapheme clusters (UAX 29) of Unicode 17, as the unicode-segmentation crate inside Hugging Face
// tokenizers cuts them. Needed only where a charsmap is applied cluster by cluster.
import { GRAPHEME_RUNS } from './data/graphemes.ts'
import { setFromRuns, setHas } from './code-point-set.ts'
import { EXTENDED_PICTOGRAPHIC } from './data/properties.ts'
import { lookup, twoStageFromRuns, type TwoStage } from './two-stage.ts'

const Break = { other: 0, control: 1, extend: 2, spacingMark: 3, prepend: 4, l: 5, v: 6, t: 7 } as const

/** InCB=Linker. */
const LINKERS = new Set([
  0x94d, 0x9cd, 0xacd, 0xb4d, 0xc4d, 0xd4d, 0x1039, 0x17d2, 0x1a60, 0x1b44, 0x1bab, 0xa9c0, 0xaaf6, 0x10a3f,
  0x11133, 0x113d0, 0x1193e, 0x11a47, 0x11a99, 0x11f42,
]) // prettier-ignore

/** InCB=Consonant below U+10000. Others would only matter to clusters longer than anyone asks about. */
const CONSONANTS = [
  0x915, 0x93a, 0x958, 0x960, 0x978, 0x980, 0x995, 0x9a9, 0x9aa, 0x9b1, 0x9b2, 0x9b3, 0x9b6, 0x9ba, 0x9dc, 0x9de,
  0x9df, 0x9e0, 0x9f0, 0x9f2, 0xa95, 0xaa9, 0xaaa, 0xab1, 0xab2, 0xab4, 0xab5, 0xaba, 0xaf9, 0xafa, 0xb15, 0xb29,
  0xb2a, 0xb31, 0xb32, 0xb34, 0xb35, 0xb3a, 0xb5c, 0xb5e, 0xb5f, 0xb60, 0xb71, 0xb72, 0xc15, 0xc29, 0xc2a, 0xc3a,
  0xc58, 0xc5b, 0xd15, 0xd3b, 0x1000, 0x102b, 0x103f, 0x1040, 0x1050, 0x1056, 0x105a, 0x105e, 0x1061, 0x1062,
  0x1065, 0x1067, 0x106e, 0x1071, 0x1075, 0x1082, 0x108e, 0x108f, 0x1780, 0x17b4, 0x1a20, 0x1a55, 0x1b0b, 0x1b0d,
  0x1b13, 0x1b34, 0x1b45, 0x1b4d, 0x1b83, 0x1ba1, 0x1bae, 0x1bb0, 0x1bbb, 0x1bbe, 0xa989, 0xa98c, 0xa98f, 0xa9b3,
  0xa9e0, 0xa9e5, 0xa9e7, 0xa9f0, 0xa9fa, 0xa9ff, 0xaa60, 0xaa70, 0xaa71, 0xaa74, 0xaa7a, 0xaa7b, 0xaa7e, 0xaa80,
  0xaae0, 0xaaeb, 0xabc0, 0xabdb,
] // prettier-ignore

let breaks: TwoStage | null = null
let pictographs: readonly number[] | null = null

const isPictograph = (cp: number) => {
  pictographs ??= setFromRuns(EXTENDED_PICTOGRAPHIC)
  return cp >= 0xa9 && setHas(pictographs, cp)
}
const isRegional = (cp: number) => cp >= 0x1f1e6 && cp <= 0x1f1ff

/** End of the grapheme cluster that begins at `at`, in UTF-16 units. */
export function clusterEnd(text: string, at: number): number {
  breaks ??= twoStageFromRuns(GRAPHEME_RUNS)
  let cp = text.codePointAt(at)!
  let end = at + (cp > 0xffff ? 2 : 1)
  let kind = kindOf(cp)
  if (kind === Break.control) {
    return cp === 0x0d && text.charCodeAt(end) === 0x0a ? end + 1 : end
  }
  let regionals = isRegional(cp) ? 1 : 0
  /** GB11: a pictograph, extenders, then a joiner. */
  let pictograph = isPictograph(cp)
  let joined = false
  /** GB9c: a consonant, then extenders among which a linker. */
  let consonant = setHas(CONSONANTS, cp)
  let linked = false
  while (end < text.length) {
    // Nothing extends or joins below U+0300.
    if (kind !== Break.prepend && text.charCodeAt(end) < 0x300 && !(joined && text.charCodeAt(end) >= 0xa9))
      break
    cp = text.codePointAt(end)!
    const next = kindOf(cp)
    const extends_ = next === Break.extend
    if (next === Break.control) break
    const stays =
      extends_ ||
      next === Break.spacingMark ||
      kind === Break.prepend ||
      (kind === Break.l && (next === Break.l || next === Break.v || isSyllable(cp))) ||
      ((kind === Break.v || isOpenSyllable(text, end)) && (next === Break.v || next === Break.t)) ||
      ((kind === Break.t || isSyllableBefore(text, end)) && next === Break.t) ||
      (joined && isPictograph(cp)) ||
      (regionals % 2 === 1 && isRegional(cp)) ||
      (linked && setHas(CONSONANTS, cp))
    if (!stays) break
    if (extends_) {
      joined = pictograph && cp === 0x200d
      if (LINKERS.has(cp)) linked = consonant
      else if (cp === 0x200c) consonant = linked = false
    } else {
      pictograph = isPictograph(cp)
      joined = false
      consonant = setHas(CONSONANTS, cp)
      linked = false
    }
    regionals = isRegional(cp) ? regionals + 1 : 0
    kind = next
    end += cp > 0xffff ? 2 : 1
  }
  return end
}

function kindOf(cp: number): number {
  return lookup(breaks!, cp)
}

const isSyllable = (cp: number) => cp >= 0xac00 && cp <= 0xd7a3

/** LV or LVT just before. */
function isSyllableBefore(text: string, at: number): boolean {
  return isSyllable(text.charCodeAt(at - 1))
}

/** LV just before. */
function isOpenSyllable(text: string, at: number): boolean {
  const unit = text.charCodeAt(at - 1)
  return isSyllable(unit) && (unit - 0xac00) % 28 === 0
}
