// Whitespace (`\w+|[^\w\s]+`, what lies between is dropped) and WhitespaceSplit (cut at whitespace).
import { isWhiteSpace, isWord } from '../unicode/index.ts'
import { eachCharacter, splitStep, type Step } from './split.ts'

/** Runs of word characters and runs of everything else that is not whitespace. */
export function whitespace(): Step {
  const kindOf = (cp: number): number => (isWord(cp) ? 1 : isWhiteSpace(cp) ? 0 : 2)
  return splitStep(
    (text, onMatch) => {
      let kind = 0
      let start = 0
      for (let i = 0; i < text.length;) {
        const cp = text.codePointAt(i)!
        const next = kindOf(cp)
        if (next !== kind) {
          if (kind !== 0) onMatch(start, i)
          kind = next
          start = i
        }
        i += cp > 0xffff ? 2 : 1
      }
      if (kind !== 0) onMatch(start, text.length)
    },
    'Removed',
    true,
  )
}

export function whitespaceSplit(): Step {
  return splitStep(eachCharacter(isWhiteSpace), 'Removed', false)
}
