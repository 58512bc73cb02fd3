// The lab's worker: reads an SVG file, tokenises it on every canvas, and counts it beside its text.
import {
  loadTokenizer,
  type SegmentVocabulary,
  svgTokens,
  type SvgStep,
  type SvgTokenizer,
  type SvgTokens,
  type TextBase,
  type Tokenizer,
} from '../../../tokenizer/index.ts'
import { answerCalls } from '../../worker/calls.ts'
import { VOCABULARIES } from '../../worker/vocabularies.ts'
import { type CanvasSize, type LabStep, PAGE, type SvgCalls } from './protocol.ts'

const TEXT = ['o200k_base', 'qwen3'] as const

interface Loaded {
  svg: SvgTokens
  texts: Tokenizer[]
  base: TextBase
  vocabularies: Map<number, SegmentVocabulary>
}

let loading: Promise<Loaded> | null = null
let last: { tokenizer: SvgTokenizer; ids: Uint32Array; steps: SvgStep[] } | null = null

function loaded(): Promise<Loaded> {
  loading ??= (async () => {
    const svg = await svgTokens()
    const texts = await Promise.all(TEXT.map((name) => loadTokenizer(name, { base: VOCABULARIES })))
    const vocabularies = new Map<number, SegmentVocabulary>()
    for (const canvas of svg.CANVASES) {
      vocabularies.set(canvas, await svg.builtinSegments(canvas, { base: VOCABULARIES }))
    }
    return { svg, texts, base: svg.textBase(texts[0]!), vocabularies }
  })()
  loading.catch(() => (loading = null))
  return loading
}

answerCalls<SvgCalls>({
  async analyse({ svg: file, canvas, segments: most }, progress) {
    const { svg, texts, base, vocabularies } = await loaded()
    const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file
    const shown = new svg.SvgTokenizer({ segments: vocabularies.get(canvas)!.first(most), base })
    const { ids, drawing, report } = shown.tokenise(bytes)
    const atomic = shown.expand(ids)
    const text = svg.drawingText(drawing)
    const steps = svg.stepsOf(shown, ids)
    last = { tokenizer: shown, ids, steps }
    const canvases: CanvasSize[] = []
    for (const [i, [other, vocabulary]] of [...vocabularies].entries()) {
      progress((i + 1) / (vocabularies.size + 1))
      const tokenizer = new svg.SvgTokenizer({ segments: vocabulary.first(most), base })
      const own = tokenizer.tokenise(bytes)
      const { points, errorSum, errorMost, clamped } = own.report
      canvases.push({
        canvas: other,
        atomic: tokenizer.expand(own.ids).length,
        segments: own.ids.length,
        meanError: points === 0 ? 0 : errorSum / points,
        largestError: errorMost,
        clamped,
      })
    }
    const count = (tokenizer: Tokenizer, input: string | Uint8Array) =>
      tokenizer.count(input, { specials: 'text', template: false })
    const [o200k, qwen] = texts as [Tokenizer, Tokenizer]
    return {
      canvas,
      width: drawing.width,
      height: drawing.height,
      text,
      paths: svg.pathsOf(drawing).map((path) => svg.pathText(path.commands!)),
      lengths: [
        { name: 'the file in bytes', tokens: bytes.length, own: false },
        { name: `the file in ${qwen.name}`, tokens: count(qwen, bytes), own: false },
        { name: `the file in ${o200k.name}`, tokens: count(o200k, bytes), own: false },
        { name: `canonical text in ${o200k.name}`, tokens: count(o200k, text), own: false },
        { name: 'atomic tokens', tokens: atomic.length, own: true },
        { name: 'with segments', tokens: ids.length, own: true },
      ],
      canvases,
      report,
      segments: vocabularies.get(canvas)!.size,
      steps: steps.length,
    }
  },

  steps({ from }) {
    if (!last) return []
    const { tokenizer, ids, steps } = last
    let nth = 0
    for (let i = 0; i < from; i++) if (steps[i]!.kind === 'segment') nth++
    return steps.slice(from, from + PAGE).map((step): LabStep => {
      const own = ids.subarray(step.from, step.to)
      return {
        ...step,
        id: own[0]!,
        tokens: step.kind === 'attributes' ? [] : Array.from(own, (id) => tokenizer.token(id).name),
        atoms: step.kind === 'segment' ? tokenizer.expand(own).length : own.length,
        nth: step.kind === 'segment' ? nth++ : -1,
      }
    })
  },
})
