// Which SVG tokenizer `tessera svg encode` and `decode` mean: a canvas, segments, and the base for attributes.
// All three decide what an id stands for, so `encode --json` says them and `decode` takes them from there.
import type { SvgTokenizer } from '../../tokenizer/index.ts'
import { svgTokens } from '../../tokenizer/index.ts'
import { readFileBounded } from '../../core/node.ts'
import { usageError } from '../failure.ts'
import { openTokenizer } from '../tokenizers.ts'
import { type Options, wholeNumber } from '../verb.ts'

const MAX_SEGMENT_FILE = 16 << 20
const DEFAULT_CANVAS = 224

export const svgOptions = {
  canvas: {
    type: 'string',
    alias: 'c',
    valueHint: 'units',
    description: 'Side of the canvas: 64, 224 or 784, others without built-in segments (default 224)',
  },
  segments: {
    type: 'string',
    alias: 's',
    valueHint: 'path|built-in|none',
    description: 'Segment vocabulary: a file of tessera svg train, or none (default: that of the canvas)',
  },
  base: {
    type: 'string',
    alias: 'b',
    valueHint: 'name|path',
    description: 'Tokenizer for attributes, whose ids come first (default: the 256 bytes)',
  },
} as const satisfies Options

export interface SvgSettings {
  canvas?: string
  segments?: string
  base?: string
}

/** Throws ARGUMENT_INVALID, what reading a segment vocabulary throws, and what loading a tokenizer throws. */
export async function openSvgTokenizer(settings: SvgSettings): Promise<SvgTokenizer> {
  const svg = await svgTokens()
  const { segments: named = 'built-in', base: baseName = 'bytes' } = settings
  const canvas = wholeNumber(settings.canvas, '--canvas', 1)
  const base = baseName === 'bytes' ? svg.BYTE_BASE : svg.textBase(await openTokenizer(baseName))
  if (named === 'none') return new svg.SvgTokenizer({ canvas, base })
  if (named !== 'built-in') {
    const segments = svg.SegmentVocabulary.read(await readFileBounded(named, MAX_SEGMENT_FILE))
    return new svg.SvgTokenizer({ canvas, segments, base })
  }
  const side = canvas ?? DEFAULT_CANVAS
  if (!(svg.CANVASES as readonly number[]).includes(side)) {
    throw usageError(
      `No segments ship for canvas ${side}`,
      `They do for ${svg.CANVASES.join(', ')}; otherwise use --segments none, or a file of tessera svg train`,
    )
  }
  return new svg.SvgTokenizer({ segments: await svg.builtinSegments(side), base })
}
