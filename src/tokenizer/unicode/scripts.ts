// Scripts (Unicode 16.0), for `\p{Han}` and its kind. Names are the long ones of the Unicode Character
// Database or their ISO 15924 codes.
import { setFromRanges, type CodePointSet } from './code-point-set.ts'
import { SCRIPT_NAMES, SCRIPT_RUNS } from './data/scripts.ts'

/** `[script]` its names, long one last. */
const names: readonly string[][] = SCRIPT_NAMES.split(' ').map((entry) => entry.split(','))
const plain = (name: string) => name.toLowerCase().replace(/[\s_-]/g, '')

let byName: Map<string, number> | null = null
let ranges: [start: number, end: number, script: number][] | null = null

function scriptRanges(): [start: number, end: number, script: number][] {
  if (ranges) return ranges
  let at = 0
  ranges = SCRIPT_RUNS.split(' ').map((group) => {
    const [skip, length, script] = group.split(',').map((n) => parseInt(n, 36)) as [number, number, number]
    const start = at + skip
    at = start + length
    return [start, at, script]
  })
  return ranges
}

/** The code points of a script, or null when there is no script of that name. */
export function scriptSet(name: string): CodePointSet | null {
  if (!byName) {
    byName = new Map()
    for (const [script, all] of names.entries()) for (const n of all) byName.set(plain(n), script)
    byName.set('qaai', byName.get('zinh')!)
    byName.set('qaac', byName.get('copt')!)
  }
  const wanted = byName.get(plain(name))
  if (wanted === undefined) return null
  return setFromRanges(
    scriptRanges().flatMap(([s, e, script]) => (script === wanted ? [[s, e] as const] : [])),
  )
}

let starts: Uint32Array | null = null

/** The long name of a code point's script (`Han`, `Old_Italic`); `Unknown` where the standard names none. */
export function scriptNameOf(codePoint: number): string {
  const known = scriptRanges()
  starts ??= Uint32Array.from(known, ([start]) => start)
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= codePoint) low = middle
    else high = middle - 1
  }
  const [start, end, script] = known[low]!
  return codePoint >= start && codePoint < end ? names[script]!.at(-1)! : 'Unknown'
}
