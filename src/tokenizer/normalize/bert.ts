// BertNormalizer: clean text, spaces around Chinese characters, accents off, lower case.
// Source: google-research/bert tokenization, in the form of Hugging Face tokenizers, whose list of Chinese
// blocks skips U+2B820–U+2B91F and whose control characters are those of an old Unicode.
import { AlignedWriter, type AlignedText } from '../aligned.ts'
import type { NormalizerSpec } from '../spec.ts'
import { isBertRemoved, isWhiteSpace } from '../unicode/index.ts'
import { normalForm } from './forms.ts'
import { lowercase, stripNonspacing } from './lowercase.ts'
import { fromUnits, relettered, rewrite, type Normalizer } from './rewrite.ts'

type BertSpec = Extract<NormalizerSpec, { type: 'BertNormalizer' }>

export function bertNormalizer(spec: BertSpec): Normalizer {
  const steps: Normalizer[] = []
  if (spec.clean_text) steps.push(clean)
  if (spec.handle_chinese_chars) steps.push(spaceChinese)
  // null: as for lower case.
  if (spec.strip_accents ?? spec.lowercase) steps.push(normalForm('NFD'), stripNonspacing)
  if (spec.lowercase) steps.push(lowercase)
  return (input) => {
    const quick = ascii(input, spec)
    if (quick) return quick
    let text: AlignedText = input
    for (const step of steps) text = step(text)
    return text
  }
}

/** ASCII, of which nothing is to be removed, in one pass; null for anything else. */
function ascii(input: AlignedText, spec: BertSpec): AlignedText | null {
  const { text } = input
  let changes = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x61 && unit <= 0x7e) continue
    if (unit > 0x7e || (unit < 0x20 && spec.clean_text && !isLineSpace(unit))) return null
    if (unit < 0x20 ? spec.clean_text : spec.lowercase && unit >= 0x41 && unit <= 0x5a) changes = true
  }
  if (!changes) return input
  const units = new Uint16Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20 && spec.clean_text) units[i] = 0x20
    else units[i] = spec.lowercase && unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit
  }
  return relettered(input, fromUnits(units))
}

const isLineSpace = (unit: number) => unit === 0x09 || unit === 0x0a || unit === 0x0d

const clean: Normalizer = (input) =>
  rewrite(input, (cp) => {
    if (cp >= 0x20 && cp < 0x7f) return null
    if (isLineSpace(cp)) return ' '
    if (isBertRemoved(cp)) return ''
    return isWhiteSpace(cp) ? ' ' : null
  })

function spaceChinese(input: AlignedText): AlignedText {
  const { text } = input
  let writer: AlignedWriter | null = null
  let kept = 0
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) < 0x3400) continue
    const cp = text.codePointAt(at)!
    const width = cp > 0xffff ? 2 : 1
    if (isChinese(cp)) {
      writer ??= new AlignedWriter(input)
      writer.keep(kept, at)
      writer.put(' ', at, at)
      writer.keep(at, at + width)
      writer.put(' ', at + width, at + width)
      kept = at + width
    }
    at += width - 1
  }
  if (!writer) return input
  writer.keep(kept, text.length)
  return writer.done()
}

function isChinese(cp: number): boolean {
  return (
    (cp >= 0x4e00 && cp <= 0x9fff) ||
    (cp >= 0x3400 && cp <= 0x4dbf) ||
    (cp >= 0x20000 && cp <= 0x2a6df) ||
    (cp >= 0x2a700 && cp <= 0x2b81f) ||
    (cp >= 0x2b920 && cp <= 0x2ceaf) ||
    (cp >= 0xf900 && cp <= 0xfaff) ||
    (cp >= 0x2f800 && cp <= 0x2fa1f)
  )
}
