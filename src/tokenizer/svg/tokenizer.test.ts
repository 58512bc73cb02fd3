import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { Random, TesseraError } from '../../core/index.ts'
import { loadTokenizer } from '../load-tokenizer.ts'
import { canonicalise } from './canonical.ts'
import { type Command, drawingText, pathsOf, pathText } from './drawing.ts'
import { CANVASES, SvgLayout } from './layout.ts'
import { parsePathData } from './path-data.ts'
import { segmentText, SegmentVocabulary } from './segments.ts'
import { svgFiles } from './testing/drawings.ts'
import { textBase } from './text-base.ts'
import { SvgTokenizer } from './tokenizer.ts'
import { trainSegments } from './train-segments.ts'

const icon = (name: string) => readFileSync(`node_modules/bootstrap-icons/icons/${name}.svg`, 'utf8')
const ICONS = [
  'alarm',
  'bag-check',
  'camera',
  'cloud-sun',
  'dice-5',
  'gear',
  'globe',
  'heart',
  'person',
  'three-dots',
]

const commandsOf = (names: readonly string[], canvas: number) =>
  names.flatMap((name) => pathsOf(canonicalise(icon(name), canvas).drawing).map((path) => path.commands!))

let segments: SegmentVocabulary
beforeAll(async () => {
  const trained = await trainSegments(commandsOf(ICONS, 64), { canvas: 64, size: 120, minFrequency: 1 })
  segments = trained.vocabulary
})

describe('the atomic layout', () => {
  test('has the paper’s sizes', () => {
    // 42 structure, 20 commands, 795 + 1,589 coordinates, 4 flags.
    expect(new SvgLayout(784).size).toBe(2450)
    expect(new SvgLayout(224).size).toBe(42 + 20 + 704 + 4)
    expect(new SvgLayout(64).size).toBe(42 + 20 + 224 + 4)
    expect(() => new SvgLayout(3.5)).toThrow(TesseraError)
  })

  test.each(CANVASES)('every id of canvas %i has one name, and numbers lie on a line', (canvas) => {
    const layout = new SvgLayout(canvas)
    const atoms = Array.from({ length: layout.size }, (_, id) => layout.atom(id))
    expect(new Set(atoms.map(({ name }) => name)).size).toBe(layout.size)
    const positions = (kind: string) =>
      atoms.filter((atom) => atom.kind === kind).map(({ position }) => position!)
    for (const line of [positions('absolute'), positions('relative')]) {
      expect([line[0], line.at(-1)]).toEqual([0, 1])
      for (let i = 1; i < line.length; i++) expect(line[i]).toBeGreaterThan(line[i - 1]!)
    }
    expect(atoms[layout.command('c')]).toMatchObject({
      name: 'cmd_c',
      description: [
        'SVG path command',
        'relative cubic bezier',
        'curve with two control points and endpoint',
      ],
    })
    expect(atoms[layout.argument('relative', -5)]!.name).toBe('d_-5')
    expect(() => layout.atom(layout.size)).toThrow(TesseraError)
  })

  test('the paper’s example', () => {
    const tokenizer = new SvgTokenizer({ canvas: 784 })
    const ids = tokenizer.encode('<svg viewBox="0 0 784 784"><path d="M100 200c-5 0-10 5-10 10"/></svg>')
    expect(Array.from(ids, (id) => tokenizer.token(id).name).join(' ')).toBe(
      '<svg> <path> cmd_M P_100 P_200 cmd_c d_-5 d_0 d_-10 d_5 d_-10 d_10 </path> </svg>',
    )
  })
})

describe('a sequence', () => {
  test('stands for its drawing exactly, with and without segments', () => {
    fc.assert(
      fc.property(svgFiles, (svg) => {
        const { drawing } = canonicalise(svg, 64)
        for (const tokenizer of [new SvgTokenizer({ canvas: 64 }), new SvgTokenizer({ segments })]) {
          const ids = tokenizer.encodeDrawing(drawing)
          expect(tokenizer.decodeLenient(ids)).toEqual({ svg: drawingText(drawing), drawing, problems: [] })
          expect(tokenizer.decode(ids)).toBe(drawingText(drawing))
          // Detokenised and tokenised again: the same tokens.
          expect(tokenizer.encode(tokenizer.decode(ids))).toEqual(ids)
        }
      }),
      { numRuns: 150 },
    )
  })

  test('segments are taken back to the atoms, and never reach over structure', () => {
    const atomic = new SvgTokenizer({ canvas: 64 })
    const tokenizer = new SvgTokenizer({ segments })
    let shorter = 0
    for (const name of ICONS) {
      const atoms = atomic.encode(icon(name))
      const ids = tokenizer.encode(icon(name))
      expect(tokenizer.expand(ids)).toEqual(atoms)
      expect(tokenizer.contract(atoms)).toEqual(ids)
      shorter += atoms.length - ids.length
    }
    expect(shorter).toBeGreaterThan(100)
    // Of any atoms at all, whole commands or not.
    const random = new Random(5)
    for (let run = 0; run < 200; run++) {
      const ids = Uint32Array.from({ length: random.int(60) }, () => random.int(tokenizer.firstSegment))
      expect(tokenizer.expand(tokenizer.contract(ids))).toEqual(ids)
    }
  })

  test('with a tokenizer for text as base', async () => {
    const base = textBase(await loadTokenizer('r50k_base'))
    const tokenizer = new SvgTokenizer({ segments, base })
    const svg =
      '<svg viewBox="0 0 8 4"><g opacity=".5"><path fill="&quot;" d="M0 0h5"/><path stroke="red" d="M0 1h5"/></g></svg>'
    const ids = tokenizer.encode(svg)
    expect(tokenizer.decode(ids)).toBe(drawingText(canonicalise(svg, 64).drawing))
    expect([tokenizer.firstAtom, tokenizer.vocabSize]).toEqual([50257, 50257 + 290 + segments.size])
    const wordpiece = { ...base, name: 'x', vocabSize: 5, encode: () => new Uint32Array(0), decode: () => '' }
    expect(() => textBase(wordpiece as never)).toThrow(TesseraError)
  })

  test('ids of a model are refused, or read as far as they go; never more than a drawing comes out', () => {
    const tokenizer = new SvgTokenizer({ segments })
    const ids = tokenizer.encode(icon('gear'))
    expect(() => tokenizer.decode(ids.slice(0, -3))).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID' }),
    )
    expect(() => tokenizer.decode([tokenizer.vocabSize])).toThrow(
      expect.objectContaining({ code: 'ID_OUT_OF_RANGE' }),
    )
    const cut = tokenizer.decodeLenient(ids.slice(0, 60))
    expect(cut.problems.length).toBeGreaterThan(0)
    expect(canonicalise(cut.svg, 64).report.notes).toEqual([])
    const forged = (text: string) => {
      const [open, close] = [
        tokenizer.firstAtom + tokenizer.layout.open('svg'),
        tokenizer.firstAtom + tokenizer.layout.close('svg'),
      ]
      return tokenizer.decodeLenient([open, ...new TextEncoder().encode(text), close])
    }
    for (const text of [
      'onload="x()"',
      'fill="url(http://a)"',
      'fill="red"><script>',
      'style="x"',
      'fill="\u0000"',
      'href="#a"',
    ]) {
      const { svg, problems } = forged(text)
      expect(problems).toHaveLength(1)
      expect(svg).toBe('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"/>')
    }
    const random = new Random(1)
    for (let run = 0; run < 300; run++) {
      const noisy = Array.from(ids)
      for (let k = 0; k < 6; k++) noisy[random.int(noisy.length)] = random.int(tokenizer.vocabSize)
      const { svg } = tokenizer.decodeLenient(noisy.slice(0, random.int(noisy.length)))
      canonicalise(svg, 64)
    }
  })

  test('canvas and segments belong together', () => {
    expect(() => new SvgTokenizer({ canvas: 224, segments })).toThrow(TesseraError)
    expect(() =>
      new SvgTokenizer({ canvas: 224 }).encodeDrawing(canonicalise(icon('gear'), 64).drawing),
    ).toThrow(TesseraError)
    expect(new SvgTokenizer({ segments }).token(new SvgTokenizer({ segments }).firstSegment)).toMatchObject({
      kind: 'segment',
      name: segmentText(segments.segments[0]!),
      position: null,
    })
  })
})

/** The trainer's oracle: everything counted anew before every merge. */
function plainSegments(
  paths: readonly (readonly Command[])[],
  size: number,
  minFrequency: number,
  singles: boolean,
): string[] {
  const numbers = new Map<string, number>()
  const number = (unit: string) => numbers.get(unit) ?? numbers.set(unit, numbers.size).get(unit)!
  let corpus = paths.map((path) => path.map((command) => segmentText([command])))
  corpus.flat().forEach(number)
  const learned: string[] = []
  const used = new Set<string>()
  while (learned.length < size) {
    const counts = new Map<string, { left: string; right: string | null; count: number }>()
    const count = (left: string, right: string | null) => {
      const key = `${left}|${right}`
      const one = counts.get(key) ?? { left, right, count: 0 }
      counts.set(key, { ...one, count: one.count + 1 })
    }
    for (const path of corpus) {
      path.forEach((unit, i) => {
        if (singles && /^\S+ \S+( [-\d]+)*$/.test(unit) && !used.has(unit)) count(unit, null)
        if (i + 1 < path.length) count(unit, path[i + 1]!)
      })
    }
    const rank = ({ left, right }: { left: string; right: string | null }) =>
      [number(left), right === null ? -1 : number(right)] as const
    const best = [...counts.values()].sort(
      (a, b) => b.count - a.count || rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1],
    )[0]
    if (!best || best.count <= minFrequency) break
    const { left, right } = best
    const unit = right === null ? left : `${left} ${right}`
    if (right !== null) {
      number(unit)
      corpus = corpus.map((path) => {
        const out: string[] = []
        for (let i = 0; i < path.length; i++) {
          if (path[i] === left && path[i + 1] === right) {
            out.push(unit)
            i++
          } else out.push(path[i]!)
        }
        return out
      })
    }
    if (!used.has(unit)) learned.push(unit)
    used.add(unit)
  }
  return learned
}

describe('learning segments', () => {
  test.each([true, false])('is counting everything anew, with single commands: %s', async (singles) => {
    const path = fc.array(
      fc.constantFrom<Command>(
        { letter: 'h', args: [1] },
        { letter: 'h', args: [2] },
        { letter: 'v', args: [1] },
        { letter: 'l', args: [3, -4] },
        { letter: 'z', args: [] },
      ),
      { maxLength: 30 },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(path, { minLength: 1, maxLength: 12 }),
        fc.nat(2),
        async (paths, minFrequency) => {
          if (paths.flat().length === 0) return
          const { vocabulary } = await trainSegments(paths, { canvas: 64, size: 40, minFrequency, singles })
          expect(vocabulary.segments.map(segmentText)).toEqual(
            plainSegments(paths, 40, minFrequency, singles),
          )
        },
      ),
      { numRuns: 200 },
    )
    const real = commandsOf(ICONS, 64)
    const { vocabulary, frequencies } = await trainSegments(real, {
      canvas: 64,
      size: 60,
      minFrequency: 2,
      singles,
    })
    expect(vocabulary.segments.map(segmentText)).toEqual(plainSegments(real, 60, 2, singles))
    expect(vocabulary.singles).toBe(singles)
    expect(frequencies.every((f) => f > 2)).toBe(true)
  })

  test('each segment draws by itself after an M', () => {
    for (const segment of segments.segments) {
      const d = segment[0]!.letter === 'M' ? pathText(segment) : `M10 10${pathText(segment)}`
      const { segments: parsed, brokenAt } = parsePathData(d)
      expect(brokenAt).toBeNull()
      expect(parsed).toHaveLength(segment.length + (segment[0]!.letter === 'M' ? 0 : 1))
    }
  })

  test('refuses what it cannot learn from, and stops when told', async () => {
    const one = [{ letter: 'h', args: [1] }]
    await expect(trainSegments([], { canvas: 64 })).rejects.toMatchObject({ code: 'TRAINING_IMPOSSIBLE' })
    await expect(trainSegments([one], { canvas: 64, size: -1 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
    await expect(trainSegments([[{ letter: 'h', args: [99] }]], { canvas: 64 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
    const signal = AbortSignal.abort()
    await expect(trainSegments([one, one], { canvas: 64, minFrequency: 0, signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect((await trainSegments([one], { canvas: 64 })).vocabulary.size).toBe(0)
  })
})

describe('a segment vocabulary', () => {
  test('is saved and read', () => {
    const read = SegmentVocabulary.read(new TextEncoder().encode(segments.save()))
    expect(read.segments).toEqual(segments.segments)
    expect(read.layout.canvas).toBe(64)
    expect(read.first(3).segments).toEqual(segments.segments.slice(0, 3))
    expect(() => read.first(1e6)).toThrow(TesseraError)
  })

  test.each([
    ['', 'FORMAT_INVALID'],
    ['[]', 'FORMAT_UNKNOWN'],
    ['null', 'FORMAT_UNKNOWN'],
    ['{"format":"tessera-svg-segments","version":2}', 'FORMAT_UNSUPPORTED'],
    ['{"format":"tessera-svg-segments","version":1,"canvas":"64","segments":[]}', 'FORMAT_INVALID'],
    ['{"format":"tessera-svg-segments","version":1,"canvas":1e9,"segments":[]}', 'ARGUMENT_INVALID'],
    ...[
      '{}',
      '["h"]',
      '["h 1e3"]',
      '["h 99"]',
      '["h 1","h 1"]',
      '["L 1 2"]',
      '[""]',
      '["h 1 2"]',
      '[5]',
      '["h 01"]',
    ].map((list) => [
      `{"format":"tessera-svg-segments","version":1,"canvas":64,"segments":${list}}`,
      'FORMAT_INVALID',
    ]),
  ])('%s is refused', (file, code) => {
    expect(() => SegmentVocabulary.read(file)).toThrow(expect.objectContaining({ code }))
  })

  test('damage is refused or harmless', () => {
    const whole = segments.save()
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(30), fc.string({ maxLength: 6 }), (at, cut, put) => {
        try {
          SegmentVocabulary.read(whole.slice(0, at) + put + whole.slice(at + cut))
        } catch (error) {
          expect(error).toBeInstanceOf(TesseraError)
        }
      }),
    )
  })
})
