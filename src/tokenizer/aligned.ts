// Text on its way through normalizers and pre-tokenizers, with the way back to the source.
// Positions are UTF-16 units. When nobody asked for offsets the maps are not built (`tracked` false).

export interface AlignedText {
  readonly text: string
  /** False: offsets are not wanted; `starts` and `ends` are null whatever happened to the text. */
  readonly tracked: boolean
  /** Where the text begins in the source; meaningful while `starts` is null and `tracked` is true. */
  readonly at: number
  /**
   * `[text.length]` for each unit of `text`, the start and end of the source range it came from;
   * null = the text is exactly `source.slice(at, at + text.length)`. An inserted unit has start = end.
   */
  readonly starts: Int32Array | null
  readonly ends: Int32Array | null
}

export function aligned(text: string, tracked: boolean, at = 0): AlignedText {
  return { text, tracked, at, starts: null, ends: null }
}

/** The part `[from, to)` of an aligned text. */
export function sliceAligned(a: AlignedText, from: number, to: number): AlignedText {
  return {
    text: a.text.slice(from, to),
    tracked: a.tracked,
    at: a.at + from,
    starts: a.starts ? a.starts.subarray(from, to) : null,
    ends: a.ends ? a.ends.subarray(from, to) : null,
  }
}

/** Source range of the part `[from, to)`; for an empty part both are where it stands. */
export function sourceRange(a: AlignedText, from: number, to: number): [number, number] {
  if (!a.starts || !a.ends) return [a.at + from, a.at + to]
  if (from < to) return [a.starts[from]!, a.ends[to - 1]!]
  const here = from < a.starts.length ? a.starts[from]! : a.ends.length ? a.ends[a.ends.length - 1]! : a.at
  return [here, here]
}

/**
 * Collects rewritten text piece by piece. `keep` copies a range of the input, `put` writes new text in
 * place of a range (empty range = insertion): every unit of it maps to the whole range.
 */
export class AlignedWriter {
  private readonly parts: string[] = []
  private starts: Int32Array
  private ends: Int32Array
  private length = 0
  private readonly input: AlignedText

  constructor(input: AlignedText) {
    this.input = input
    const room = input.tracked ? input.text.length + 16 : 0
    this.starts = new Int32Array(room)
    this.ends = new Int32Array(room)
  }

  keep(from: number, to: number): void {
    if (from >= to) return
    const { input } = this
    this.parts.push(input.text.slice(from, to))
    if (!input.tracked) return
    this.reserve(to - from)
    const { starts, ends } = this
    let at = this.length
    for (let i = from; i < to; i++) {
      starts[at] = input.starts ? input.starts[i]! : input.at + i
      ends[at++] = input.ends ? input.ends[i]! : input.at + i + 1
    }
    this.length = at
  }

  put(text: string, from: number, to: number): void {
    if (text === '') return
    this.parts.push(text)
    if (!this.input.tracked) return
    const [start, end] = sourceRange(this.input, from, to)
    this.reserve(text.length)
    this.starts.fill(start, this.length, this.length + text.length)
    this.ends.fill(end, this.length, this.length + text.length)
    this.length += text.length
  }

  done(): AlignedText {
    const { tracked, at } = this.input
    return {
      text: this.parts.join(''),
      tracked,
      at,
      starts: tracked ? this.starts.slice(0, this.length) : null,
      ends: tracked ? this.ends.slice(0, this.length) : null,
    }
  }

  private reserve(units: number): void {
    if (this.length + units <= this.starts.length) return
    const room = Math.max(this.length + units, this.starts.length * 2)
    const starts = new Int32Array(room)
    const ends = new Int32Array(room)
    starts.set(this.starts)
    ends.set(this.ends)
    this.starts = starts
    this.ends = ends
  }
}
