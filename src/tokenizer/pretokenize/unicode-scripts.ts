// UnicodeScripts: cut where the script changes. Source: SentencePiece's IsValidSentencePiece, as in Hugging
// Face tokenizers. The surprising thing: characters without a script (spaces) stay with what is before
// them, and before the first script there is nothing, so leading spaces are dropped, as in the reference.
import { sliceAligned } from '../aligned.ts'
import { SCRIPT_RUNS } from './script-runs.ts'
import type { Step } from './split.ts'

let starts: Int32Array | null = null
let scripts: Uint8Array | null = null

/** Number of the script of a code point; 0 = none in particular. */
export function scriptOf(cp: number): number {
  if (!starts || !scripts) {
    const runs = SCRIPT_RUNS.split(' ')
    starts = new Int32Array(runs.length)
    scripts = new Uint8Array(runs.length)
    let at = 0
    for (let i = 0; i < runs.length; i++) {
      const [script, length] = runs[i]!.split('.') as [string, string?]
      starts[i] = at
      scripts[i] = parseInt(script, 36)
      at += length === undefined ? 1 : parseInt(length, 36)
    }
  }
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= cp) low = middle
    else high = middle - 1
  }
  return scripts[low]!
}

export function unicodeScripts(): Step {
  return (piece, out) => {
    const { text } = piece
    let last = 0
    let from = -1
    for (let i = 0; i < text.length;) {
      const cp = text.codePointAt(i)!
      const script = scriptOf(cp)
      if (script !== 0 && script !== last) {
        if (from >= 0) out.push(sliceAligned(piece, from, i))
        from = i
        last = script
      }
      i += cp > 0xffff ? 2 : 1
    }
    if (from >= 0) out.push(sliceAligned(piece, from, text.length))
  }
}
