// A sequence of ids as a reader follows it: an element that opens or closes, a list of attributes, a command with
// its arguments, a segment. Each drawn step has path data of its own, which draws exactly that step: a z that began
// elsewhere becomes a line, and an s or t after another step gets the control point that it would reflect.
import { TesseraError } from '../../core/index.ts'
import { type Command, pathText } from './drawing.ts'
import { ARGUMENTS } from './layout.ts'
import { segmentText } from './segments.ts'
import type { SvgTokenizer } from './tokenizer.ts'

export interface SvgStep {
  kind: 'open' | 'close' | 'attributes' | 'command' | 'segment'
  /** Its tokens are `[from, to)` of the sequence. */
  from: number
  to: number
  /** `<path>`, `fill="none"`, `c -5 0 -10 5 -10 10`. */
  text: string
  /** Path data of what it draws, alone, in canvas units; '' for structure. */
  trace: string
}

/** The steps of a whole sequence, such as `encode` gives. Throws FORMAT_INVALID, ID_OUT_OF_RANGE. */
export function stepsOf(tokenizer: SvgTokenizer, ids: ArrayLike<number>): SvgStep[] {
  const { layout, base, firstAtom, firstSegment } = tokenizer
  const steps: SvgStep[] = []
  let pen = new Pen()
  for (let at = 0; at < ids.length;) {
    const from = at
    const id = ids[at++]!
    if (id < firstAtom) {
      while (at < ids.length && ids[at]! < firstAtom) at++
      const text = base.decode(Array.from({ length: at - from }, (_, i) => ids[from + i]!))
      steps.push({ kind: 'attributes', from, to: at, text, trace: '' })
      continue
    }
    if (id >= firstSegment) {
      // Refuses an id beyond the last segment.
      const { name: text } = tokenizer.token(id)
      const commands = tokenizer.segments!.segments[id - firstSegment]!
      steps.push({ kind: 'segment', from, to: at, text, trace: pen.trace(commands) })
      continue
    }
    const element = layout.elementOf(id - firstAtom)
    if (element) {
      const { name, closes } = element
      if (!closes) pen = new Pen()
      const text = closes ? `</${name}>` : `<${name}>`
      steps.push({ kind: closes ? 'close' : 'open', from, to: at, text, trace: '' })
      continue
    }
    const letter = layout.letterOf(id - firstAtom)
    const args = (ARGUMENTS.get(letter) ?? []).map((kind) =>
      at < ids.length ? layout.valueOf(kind, ids[at++]! - firstAtom) : null,
    )
    if (!ARGUMENTS.has(letter) || args.includes(null)) {
      throw new TesseraError('FORMAT_INVALID', 'Not a command with its arguments', { where: `ids[${from}]` })
    }
    const command: Command = { letter, args: args as number[] }
    steps.push({
      kind: 'command',
      from,
      to: at,
      text: segmentText([command]),
      trace: pen.trace([command]),
    })
  }
  return steps
}

/** Where the drawing of a path has come to. */
class Pen {
  private x = 0
  private y = 0
  private startX = 0
  private startY = 0
  /** What a following s or t reflects. */
  private control: { letter: 'c' | 'q'; x: number; y: number } | null = null

  trace(commands: readonly Command[]): string {
    const traced: Command[] = []
    let ownStart = false
    if (commands[0]?.letter !== 'M') traced.push({ letter: 'M', args: [this.x, this.y] })
    for (const [i, command] of commands.entries()) {
      const { letter } = command
      if (letter === 'M') ownStart = true
      if (letter === 'z' && !ownStart) traced.push({ letter: 'L', args: [this.startX, this.startY] })
      else if (i === 0 && (letter === 's' || letter === 't')) traced.push(this.spelledOut(command))
      else traced.push(command)
      this.advance(command)
    }
    return pathText(traced)
  }

  /** s as c, t as q. */
  private spelledOut({ letter, args }: Command): Command {
    return letter === 's'
      ? { letter: 'c', args: [...this.reflected('c'), ...args] }
      : { letter: 'q', args: [...this.reflected('q'), ...args] }
  }

  /** Relative to the point that has been reached. */
  private reflected(letter: 'c' | 'q'): [number, number] {
    const { control, x, y } = this
    return control?.letter === letter ? [x - control.x, y - control.y] : [0, 0]
  }

  private advance({ letter, args }: Command): void {
    const { x, y } = this
    const n = args.length
    let control: Pen['control'] = null
    if (letter === 'c' || letter === 's') control = { letter: 'c', x: x + args[n - 4]!, y: y + args[n - 3]! }
    else if (letter === 'q') control = { letter: 'q', x: x + args[0]!, y: y + args[1]! }
    else if (letter === 't') {
      const [dx, dy] = this.reflected('q')
      control = { letter: 'q', x: x + dx, y: y + dy }
    }
    this.control = control
    if (letter === 'M') [this.x, this.y] = [this.startX, this.startY] = [args[0]!, args[1]!]
    else if (letter === 'z') [this.x, this.y] = [this.startX, this.startY]
    else if (letter === 'h') this.x += args[0]!
    else if (letter === 'v') this.y += args[0]!
    else {
      this.x += args[n - 2]!
      this.y += args[n - 1]!
    }
  }
}
