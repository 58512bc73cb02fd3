// The atomic vocabulary of HiVG (arXiv 2604.05072, section A): typed tokens for structure, commands, quantised
// coordinates and arc flags, in this order of ids. Canvas 784 has 42 + 20 + 2,384 + 4 = 2,450 of them, canvas 224
// 770, canvas 64 290. The surprising thing: x and y share their tokens, the position in the command tells them apart.
import { TesseraError } from '../../core/index.ts'
import { ARITY, type SegmentType } from './path-data.ts'

/**
 * Elements with an opening and a closing token. The paper has 21 and does not list them; these are the first 21
 * of the released list (its filter elements left out). A canonical drawing uses svg, g, path, defs, clipPath,
 * mask, the gradients and stop; shapes are written as paths, and the ids of the others stay unused.
 */
export const ELEMENTS = [
  'svg',
  'path',
  'defs',
  'style',
  'linearGradient',
  'radialGradient',
  'stop',
  'g',
  'rect',
  'circle',
  'ellipse',
  'line',
  'polyline',
  'polygon',
  'text',
  'use',
  'clipPath',
  'mask',
  'pattern',
  'marker',
  'symbol',
] as const
export type ElementName = (typeof ELEMENTS)[number]

/** Absolute commands, then relative ones. Written are M and the relative ones (and z). */
export const COMMANDS = 'MLHVCSQTAZmlhvcsqtaz'
const FLAGS = ['large_0', 'large_1', 'sweep_0', 'sweep_1'] as const

/** How far outside of the canvas a coordinate may lie, in canvas units. */
export const OVERSHOOT = 10
/** The paper's canvases are 784 and 224; 64 is for small models. */
export const CANVASES = [64, 224, 784] as const

export type AtomKind = 'open' | 'close' | 'command' | 'absolute' | 'relative' | 'flag'

/** What an argument of a command is written with. */
export type ArgumentKind = 'absolute' | 'relative' | 'large' | 'sweep'

export interface Atom {
  kind: AtomKind
  /** As the paper writes it: `cmd_c`, `P_100`, `d_-5`; elements as `<path>` and `</path>`. */
  name: string
  /** Three levels from kind to meaning, for the initialisation of its embedding (section D). */
  description: readonly [string, string, string]
  /** For coordinates, their place on the number line in [0, 1]: P_n at n/N, d_n at (n + N)/2N; else null. */
  position: number | null
}

const MEANING: Record<SegmentType, readonly [string, string]> = {
  M: ['move', 'start of a sub-path at a point'],
  L: ['line', 'straight line to a point'],
  H: ['horizontal line', 'straight line along x'],
  V: ['vertical line', 'straight line along y'],
  C: ['cubic bezier', 'curve with two control points and endpoint'],
  S: ['smooth cubic bezier', 'curve that continues the last one, with one control point and endpoint'],
  Q: ['quadratic bezier', 'curve with one control point and endpoint'],
  T: ['smooth quadratic bezier', 'curve that continues the last one, with endpoint'],
  A: ['elliptical arc', 'arc with two radii, rotation, two flags and endpoint'],
  Z: ['close', 'line back to the start of the sub-path'],
}

export class SvgLayout {
  /** Side of the square canvas; coordinates are whole numbers of its units. */
  readonly canvas: number
  /** N: P_0 … P_N and d_-N … d_N exist. */
  readonly range: number
  /** Number of atomic ids. */
  readonly size: number
  readonly firstCommand = 2 * ELEMENTS.length
  readonly firstAbsolute = 2 * ELEMENTS.length + COMMANDS.length
  readonly firstRelative: number
  readonly firstFlag: number

  /** Throws ARGUMENT_INVALID. */
  constructor(canvas: number) {
    if (!Number.isInteger(canvas) || canvas < 16 || canvas > 4096) {
      throw new TesseraError('ARGUMENT_INVALID', `Not a canvas: ${canvas}`, {
        where: 'canvas',
        hint: 'Give the side in units, a whole number from 16 to 4096; the paper has 224 and 784',
      })
    }
    this.canvas = canvas
    this.range = canvas + OVERSHOOT
    this.firstRelative = this.firstAbsolute + this.range + 1
    this.firstFlag = this.firstRelative + 2 * this.range + 1
    this.size = this.firstFlag + FLAGS.length
  }

  open(name: ElementName): number {
    return 2 * ELEMENTS.indexOf(name)
  }

  close(name: ElementName): number {
    return 2 * ELEMENTS.indexOf(name) + 1
  }

  /** `letter`: one of COMMANDS. */
  command(letter: string): number {
    return this.firstCommand + COMMANDS.indexOf(letter)
  }

  /** The id of an argument; `value` is within the range of its kind. */
  argument(kind: ArgumentKind, value: number): number {
    if (kind === 'absolute') return this.firstAbsolute + value
    if (kind === 'relative') return this.firstRelative + this.range + value
    return this.firstFlag + (kind === 'large' ? 0 : 2) + value
  }

  /** Whether a value of this kind has a token. */
  holds(kind: ArgumentKind, value: number): boolean {
    if (!Number.isInteger(value)) return false
    if (kind === 'relative') return Math.abs(value) <= this.range
    return value >= 0 && value <= (kind === 'absolute' ? this.range : 1)
  }

  /** The element that an id opens or closes, or null. */
  elementOf(id: number): { name: ElementName; closes: boolean } | null {
    return id < this.firstCommand ? { name: ELEMENTS[id >> 1]!, closes: id % 2 === 1 } : null
  }

  /** The letter of a command, or ''. */
  letterOf(id: number): string {
    return id >= this.firstCommand && id < this.firstAbsolute ? COMMANDS[id - this.firstCommand]! : ''
  }

  /** The value of an argument of this kind, or null when the id is of another kind. */
  valueOf(kind: ArgumentKind, id: number): number | null {
    if (kind === 'absolute') {
      return id >= this.firstAbsolute && id < this.firstRelative ? id - this.firstAbsolute : null
    }
    if (kind === 'relative') {
      return id >= this.firstRelative && id < this.firstFlag ? id - this.firstRelative - this.range : null
    }
    const flag = id - this.firstFlag - (kind === 'large' ? 0 : 2)
    return flag === 0 || flag === 1 ? flag : null
  }

  /** Throws ID_OUT_OF_RANGE. */
  atom(id: number): Atom {
    if (!Number.isInteger(id) || id < 0 || id >= this.size) {
      throw new TesseraError('ID_OUT_OF_RANGE', `No atomic token has the id ${id}`, {
        hint: `Canvas ${this.canvas} has the ids 0 to ${this.size - 1}`,
      })
    }
    const element = this.elementOf(id)
    if (element) {
      const { name, closes } = element
      return {
        kind: closes ? 'close' : 'open',
        name: closes ? `</${name}>` : `<${name}>`,
        description: ['SVG structure', `${closes ? 'end' : 'start'} of an element`, `element ${name}`],
        position: null,
      }
    }
    const letter = this.letterOf(id)
    if (letter !== '') {
      const upper = letter.toUpperCase() as SegmentType
      const [what, meaning] = MEANING[upper]
      const frame = upper === letter ? 'absolute' : 'relative'
      return {
        kind: 'command',
        name: `cmd_${letter}`,
        description: ['SVG path command', `${frame} ${what}`, meaning],
        position: null,
      }
    }
    const p = this.valueOf('absolute', id)
    if (p !== null) {
      return {
        kind: 'absolute',
        name: `P_${p}`,
        description: ['SVG path coordinate', 'absolute position or length', `${p} units`],
        position: p / this.range,
      }
    }
    const d = this.valueOf('relative', id)
    if (d !== null) {
      return {
        kind: 'relative',
        name: `d_${d}`,
        description: ['SVG path coordinate', 'distance from the current point', `${d} units`],
        position: (d + this.range) / (2 * this.range),
      }
    }
    const name = FLAGS[id - this.firstFlag]!
    return {
      kind: 'flag',
      name,
      description: [
        'SVG path arc flag',
        name.startsWith('large') ? 'small or large arc' : 'direction of the arc',
        name,
      ],
      position: null,
    }
  }
}

const RELATIVE: readonly ArgumentKind[] = Array<ArgumentKind>(6).fill('relative')
const ARC: readonly ArgumentKind[] = [
  'absolute',
  'absolute',
  'absolute',
  'large',
  'sweep',
  'relative',
  'relative',
]

/**
 * The kinds of the arguments of a written command, or null for one that is never written. The radii and the
 * rotation of an arc are lengths and degrees in P tokens: the paper leaves them to the base tokenizer as plain
 * numbers, which would put text inside of a segment.
 */
export const ARGUMENTS: ReadonlyMap<string, readonly ArgumentKind[]> = new Map(
  [...'Mlhvcsqtaz'].map((letter) => {
    const arity = ARITY[letter.toUpperCase() as SegmentType]
    if (letter === 'M') return [letter, ['absolute', 'absolute']]
    return [letter, letter === 'a' ? ARC : RELATIVE.slice(0, arity)]
  }),
)
