// Case-insensitive literals become sets. Oniguruma uses full case folding, by which "ss" is one unit with
// ß and ẞ, and "ffi" with ﬃ (but not with "ﬀ" + "i"): literals are cut from the left into the longest such
// units. regex-syntax folds character by character.
import type { Reference } from '../spec.ts'
import { foldClass, foldedFrom, fullFold, setFromRanges } from '../unicode/index.ts'
import type { Syntax } from './syntax.ts'

/** Replaces every literal of the tree by sets. */
export function foldLiterals(node: Syntax, reference: Reference): Syntax {
  switch (node.type) {
    case 'literal':
      return joined([node], reference)
    case 'cat': {
      const parts: Syntax[] = []
      let run: Extract<Syntax, { type: 'literal' }>[] = []
      const flush = () => {
        if (run.length > 0) parts.push(joined(run, reference))
        run = []
      }
      const visit = (part: Syntax) => {
        if (part.type === 'cat') part.parts.forEach(visit)
        else if (part.type === 'literal') {
          if (run.length > 0 && run[0]!.fold !== part.fold) flush()
          run.push(part)
        } else {
          flush()
          parts.push(foldLiterals(part, reference))
        }
      }
      visit(node)
      flush()
      return parts.length === 1 ? parts[0]! : { type: 'cat', parts }
    }
    case 'alt':
      return { type: 'alt', options: node.options.map((option) => foldLiterals(option, reference)) }
    case 'repeat':
    case 'look':
    case 'group':
      return { ...node, body: foldLiterals(node.body, reference) }
    case 'set':
    case 'assert':
      return node
  }
}

const oneOf = (cps: readonly number[]): Syntax => ({
  type: 'set',
  set: setFromRanges(cps.map((cp) => [cp, cp + 1] as const)),
})

function joined(run: readonly Extract<Syntax, { type: 'literal' }>[], reference: Reference): Syntax {
  let parts: Syntax[]
  if (!run[0]!.fold) parts = run.map(({ cp }) => oneOf([cp]))
  else if (reference === 'tiktoken') parts = run.map(({ cp }) => oneOf(foldClass(cp)))
  else {
    const folded = run.flatMap(({ cp }) => fullFold(cp))
    parts = []
    for (let i = 0; i < folded.length;) {
      let length = Math.min(3, folded.length - i)
      let whole: readonly number[] = []
      for (; length > 1; length--) {
        whole = foldedFrom(folded.slice(i, i + length))
        if (whole.length > 0) break
      }
      const spelled = folded.slice(i, i + length).map((cp) => oneOf(foldClass(cp)))
      if (length === 1) parts.push(spelled[0]!)
      else parts.push({ type: 'alt', options: [{ type: 'cat', parts: spelled }, oneOf(whole)] })
      i += length
    }
  }
  return parts.length === 1 ? parts[0]! : { type: 'cat', parts }
}
