// The lab's worker: an SVG of the reader's own as atomic tokens and segments. The file is not trusted: what leaves here
// is numbers, and text that the page only shows.
import { loadTokenizer, svgTokens, type Tokenizer } from '../../../tokenizer/index.ts'
import { answerCalls } from '../../worker/calls.ts'
import { VOCABULARIES } from '../../worker/vocabularies.ts'
import type { HivgCalls, SvgTile } from './protocol.ts'

let text: Tokenizer | null = null
const BASE = new URL(VOCABULARIES, location.href).href

answerCalls<HivgCalls>({
  async tokenise({ svg: source, canvas, segments: wanted }, progress) {
    const svg = await svgTokens()
    const segments = await svg.builtinSegments(canvas, { base: BASE })
    text ??= await loadTokenizer('o200k_base', { base: VOCABULARIES })
    progress(0.5)
    const base = svg.textBase(text)
    const tokenizer = new svg.SvgTokenizer({ base, ...(wanted ? { segments } : { canvas }) })
    const atomic = new svg.SvgTokenizer({ base, canvas })
    const learned = new svg.SvgTokenizer({ base, segments })
    const { ids, drawing, report } = tokenizer.tokenise(source)
    const tiles: SvgTile[] = []
    const pieces: string[] = []
    const paths = svg.pathsOf(drawing).map((path) => path.commands!)
    const walk = new PathWalk(paths, (command) => svg.pathText([command]))
    for (const id of ids) {
      const token = tokenizer.token(id)
      const atoms = token.kind === 'segment' ? tokenizer.expand([id]) : [id]
      const commands = Array.from(atoms).filter(
        (atom) => atom >= tokenizer.firstAtom && tokenizer.layout.letterOf(atom - tokenizer.firstAtom) !== '',
      ).length
      if (commands > 0) pieces.push(walk.take(commands))
      const within =
        commands > 0 || token.kind === 'absolute' || token.kind === 'relative' || token.kind === 'flag'
      tiles.push({ text: token.name, piece: within ? pieces.length - 1 : -1 })
    }
    return {
      canvas,
      width: drawing.width,
      height: drawing.height,
      canonical: svg.drawingText(drawing),
      pieces,
      tiles,
      counts: [
        { name: 'bytes of the file', tokens: new TextEncoder().encode(source).length },
        { name: 'o200k_base on the file', tokens: text.count(source, { specials: 'text' }) },
        {
          name: 'o200k_base on the canonical text',
          tokens: text.count(svg.drawingText(drawing), { specials: 'text' }),
        },
        { name: 'atomic tokens', tokens: atomic.encodeDrawing(drawing).length },
        { name: 'with segments', tokens: learned.encodeDrawing(drawing).length },
      ],
      notes: report.notes.map(({ what, count }) => ({ what, count })),
    }
  },
})

interface Command {
  letter: string
  args: readonly number[]
}

/** Goes through the commands of all paths, and says what the next few draw from where the pen is. */
class PathWalk {
  private readonly commands: Command[]
  private readonly text: (command: Command) => string
  private next = 0
  private x = 0
  private y = 0
  private startX = 0
  private startY = 0

  constructor(paths: readonly (readonly Command[])[], text: (command: Command) => string) {
    this.commands = paths.flat()
    this.text = text
  }

  take(count: number): string {
    let data = ''
    for (const command of this.commands.slice(this.next, this.next + count)) {
      const { letter, args } = command
      if (data === '' && letter !== 'M') data = `M${this.x} ${this.y}`
      // A close draws the line back to the beginning of the sub-path, which this piece may not hold.
      data += letter === 'z' ? `L${this.startX} ${this.startY}` : this.text(command)
      if (letter === 'M') {
        ;[this.x, this.y] = args as [number, number]
        ;[this.startX, this.startY] = [this.x, this.y]
      } else if (letter === 'z') [this.x, this.y] = [this.startX, this.startY]
      else if (letter === 'h') this.x += args[0]!
      else if (letter === 'v') this.y += args[0]!
      else {
        this.x += args.at(-2)!
        this.y += args.at(-1)!
      }
    }
    this.next += count
    return data
  }
}
