// tessera svg encode | decode | train: drawings as tokens, in the manner of HiVG (arXiv 2604.05072).
import { TesseraError, throwIfCancelled } from '../../core/index.ts'
import { writeFileAtomic } from '../../core/node.ts'
import {
  builtinTokenizers,
  type CanonicalReport,
  type Command,
  type SvgNote,
  svgTokens,
} from '../../tokenizer/index.ts'
import { usageError } from '../failure.ts'
import { asText, print, printJson, printParts, readBytes } from '../io.ts'
import { followed } from '../progress.ts'
import { svgFiles } from '../svg/files.ts'
import { openSvgTokenizer, svgOptions, type SvgSettings } from '../svg/settings.ts'
import { jsonOption, seeHelp, verb, wholeNumber } from '../verb.ts'
import { parseIds } from './decode.ts'

const SHOWN_SKIPPED = 10

const times = (count: number) => (count > 1 ? ` (${count} times)` : '')

function reportLines({ notes, clamped, clipped }: CanonicalReport): string[] {
  const lines = notes.map(({ kind, what, count }: SvgNote) => `${kind}: ${what}${times(count)}`)
  if (clamped > 0) lines.push(`clamped: coordinates out of range${times(clamped)}`)
  if (clipped > 0) lines.push(`dropped: sub-paths outside of the canvas${times(clipped)}`)
  return lines
}

export const encode = verb({
  name: 'tessera svg encode',
  summary: 'An SVG file to token ids.',
  words: '[file]',
  details:
    'Reads one file, or stdin. Ids are those of the base first (attributes are text), then the atomic tokens of\n' +
    'the canvas, then the segments. What the canonical form leaves out is listed on stderr; --steps prints one\n' +
    'line per element, command or segment: first and last token, kind, text.',
  options: {
    ...svgOptions,
    steps: { type: 'boolean', default: false, description: 'One line per step in place of ids' },
    canonical: {
      type: 'boolean',
      default: false,
      description: 'The canonical drawing as SVG in place of ids',
    },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera svg encode icon.svg', does: 'ids on canvas 224, with the built-in segments' },
    { command: 'tessera svg encode icon.svg --canvas 784 --segments none', does: 'atomic tokens alone' },
    {
      command: 'tessera svg encode icon.svg --json | tessera svg decode > again.svg',
      does: 'there and back',
    },
    { command: 'tessera svg encode --base o200k_base --steps < icon.svg', does: 'what each token is' },
  ],
  async run({ options, words }) {
    if (words.length > 1) throw usageError('Name one file', seeHelp('tessera svg encode'))
    if (Number(options.steps) + Number(options.canonical) + Number(options.json) > 1) {
      throw usageError('--steps, --canonical and --json exclude each other', seeHelp('tessera svg encode'))
    }
    const tokenizer = await openSvgTokenizer(options)
    const { ids, drawing, report } = tokenizer.tokenise(await readBytes(words[0] ?? '-'))
    if (options.json) {
      const { segments = 'built-in', base = 'bytes' } = options
      const { canvas, vocabSize } = tokenizer
      await printJson({ ids: Array.from(ids), canvas, segments, base, vocabSize, ...report })
      return
    }
    for (const line of reportLines(report)) process.stderr.write(`${line}\n`)
    const svg = await svgTokens()
    if (options.canonical) await print(`${svg.drawingText(drawing)}\n`)
    else if (options.steps) {
      const steps = svg.stepsOf(tokenizer, ids)
      await printParts(steps.length, (from, to) =>
        steps
          .slice(from, to)
          .map((step) => `${step.from}\t${step.to - 1}\t${step.kind}\t${step.text}\n`)
          .join(''),
      )
    } else {
      await printParts(ids.length, (from, to) => (from > 0 ? ' ' : '') + ids.subarray(from, to).join(' '))
      await print('\n')
    }
  },
})

/**
 * What `encode --json` says of its tokenizer, unless the options say otherwise. A file of ids may come from anywhere:
 * it names what ships, but no path and no package to load.
 */
function settingsOf(text: string, given: SvgSettings): SvgSettings {
  if (!text.trimStart().startsWith('{')) return given
  const { canvas, segments, base } = JSON.parse(text) as Record<string, unknown>
  const settings = { ...given }
  if (given.segments === undefined && typeof segments === 'string') {
    if (!['built-in', 'none'].includes(segments)) throw notTaken('segments', segments)
    settings.segments = segments
  }
  if (given.base === undefined && typeof base === 'string') {
    const ships = base === 'bytes' || builtinTokenizers.some(({ name }) => name === base)
    if (!ships) throw notTaken('base', base)
    settings.base = base
  }
  if (settings.canvas === undefined && typeof canvas === 'number') settings.canvas = String(canvas)
  return settings
}

function notTaken(option: string, value: string): TesseraError {
  return usageError(
    `The ids were made with --${option} ${value.slice(0, 200)}`,
    `A file of ids is not trusted to name what is loaded: give --${option} yourself`,
  )
}

export const decode = verb({
  name: 'tessera svg decode',
  summary: 'Token ids to an SVG file.',
  words: '[id…]',
  details:
    'Without ids and --file, stdin is read: ids separated by spaces or commas, a JSON array, or the output of\n' +
    'tessera svg encode --json, which also says canvas, segments and base. Whatever the ids are, no script, link\n' +
    'or unknown attribute comes out.',
  options: {
    ...svgOptions,
    file: { type: 'string', alias: 'f', valueHint: 'path', description: 'Read ids from a file (- = stdin)' },
    lenient: {
      type: 'boolean',
      default: false,
      description: 'Ids that a model wrote: leave out what is no drawing, and say so on stderr',
    },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera svg decode -f ids.json > drawing.svg', does: 'the output of encode --json' },
    { command: 'tessera svg decode --lenient -f sampled.txt', does: 'as much as can be read' },
  ],
  async run({ options, words }) {
    const name = 'tessera svg decode'
    if (words.length > 0 && options.file !== undefined)
      throw usageError('Give ids or --file, not both', seeHelp(name))
    const path = options.file ?? '-'
    const text = words.length > 0 ? words.join(' ') : asText(await readBytes(path), path)
    const ids = parseIds(text, name)
    const tokenizer = await openSvgTokenizer(settingsOf(text, options))
    const { svg, problems } = options.lenient
      ? tokenizer.decodeLenient(ids)
      : { svg: tokenizer.decode(ids), problems: [] }
    if (options.json) await printJson({ svg, problems })
    else {
      for (const problem of problems) process.stderr.write(`left out: ${problem}\n`)
      await print(`${svg}\n`)
    }
  },
})

export const train = verb({
  name: 'tessera svg train',
  summary: 'Segment tokens learned from SVG files.',
  words: 'file|folder…',
  details:
    'Reads files, and every .svg below folders. What cannot be read is left out and listed. The same files give\n' +
    'the same segments. Each is one or more whole commands, so each draws by itself.',
  options: {
    output: { type: 'string', alias: 'o', valueHint: 'path', description: 'Where to write (required)' },
    canvas: {
      type: 'string',
      alias: 'c',
      valueHint: 'units',
      default: '224',
      description: 'Side of the canvas',
    },
    size: { type: 'string', alias: 'm', valueHint: 'n', default: '500', description: 'Segments at most (M)' },
    'min-frequency': {
      type: 'string',
      valueHint: 'n',
      default: '5',
      description: 'Learn only what is more frequent (f_min)',
    },
    'pairs-only': {
      type: 'boolean',
      default: false,
      description: 'No segments of one command, as in the authors’ released code',
    },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera svg train icons/ -o segments.json -m 500', does: '500 segments for canvas 224' },
    { command: 'tessera svg train icons/ -o s784.json --canvas 784 --pairs-only', does: 'the released form' },
    { command: 'tessera svg encode icon.svg --segments segments.json', does: 'their use' },
  ],
  async run({ options, words }) {
    const name = 'tessera svg train'
    const { output } = options
    if (output === undefined) throw usageError('--output is missing', seeHelp(name))
    if (words.length === 0) throw usageError('Name files or folders', seeHelp(name))
    const size = wholeNumber(options.size, '--size', 1)!
    const minFrequency = wholeNumber(options['min-frequency'], '--min-frequency')!
    const svg = await svgTokens()
    // Refuses a canvas out of range before any file is read.
    const { canvas } = new svg.SvgLayout(wholeNumber(options.canvas, '--canvas', 1)!)
    const files = await svgFiles(words)
    const skipped: { file: string; reason: string }[] = []
    const trained = await followed(async (work) => {
      const paths: (readonly Command[])[] = []
      for (const [i, file] of files.entries()) {
        throwIfCancelled(work.signal)
        if (i % 50 === 0) {
          work.onProgress({ stage: 'reading drawings', done: i, total: files.length, unit: 'files' })
          await new Promise((resolve) => setTimeout(resolve))
        }
        try {
          const { drawing } = svg.canonicalise(await readBytes(file), canvas)
          for (const path of svg.pathsOf(drawing)) paths.push(path.commands!)
        } catch (error) {
          if (!(error instanceof TesseraError)) throw error
          skipped.push({ file, reason: `${error.code}: ${error.message}` })
        }
      }
      return svg.trainSegments(paths, {
        canvas,
        size,
        minFrequency,
        singles: !options['pairs-only'],
        ...work,
      })
    })
    const { vocabulary, paths, commands } = trained
    await writeFileAtomic(output, vocabulary.save())
    const read = files.length - skipped.length
    if (options.json) {
      const { size: segments } = vocabulary
      await printJson({ file: output, canvas, segments, files: read, paths, commands, skipped })
      return
    }
    process.stderr.write(
      `${output}: ${vocabulary.size} segments for canvas ${canvas}, from ${commands} commands of ${read} files\n`,
    )
    if (vocabulary.size < size) process.stderr.write('Nothing else is frequent enough (--min-frequency)\n')
    for (const { file, reason } of skipped.slice(0, SHOWN_SKIPPED)) {
      process.stderr.write(`left out: ${file} (${reason})\n`)
    }
    if (skipped.length > SHOWN_SKIPPED) {
      process.stderr.write(`and ${skipped.length - SHOWN_SKIPPED} more (--json lists them)\n`)
    }
  },
})
