// The text of an answer as it may be given out: a stop string may come in several pieces, so whatever could be the
// beginning of one is held back until it is decided.

export class HeldText {
  private readonly stops: readonly string[]
  /** Longest beginning of a stop string that can be at the end of text that is not one. */
  private readonly reach: number
  private held = ''

  constructor(stops: readonly string[]) {
    this.stops = stops
    this.reach = Math.max(0, ...stops.map((stop) => stop.length - 1))
  }

  /** More text. Gives what is certain by now, and whether a stop string has come: what follows it is lost. */
  push(text: string): { text: string; stopped: boolean } {
    const all = this.held + text
    // The earliest one wins; of several that begin there, all end the text at the same place.
    let stop = -1
    for (const one of this.stops) {
      const at = all.indexOf(one)
      if (at >= 0 && (stop < 0 || at < stop)) stop = at
    }
    if (stop >= 0) {
      this.held = ''
      return { text: all.slice(0, stop), stopped: true }
    }
    let keep = Math.min(this.reach, all.length)
    while (keep > 0 && !this.stops.some((one) => one.startsWith(all.slice(all.length - keep)))) keep--
    this.held = all.slice(all.length - keep)
    return { text: all.slice(0, all.length - keep), stopped: false }
  }

  /** What was held back: no stop string came. */
  end(): string {
    const rest = this.held
    this.held = ''
    return rest
  }
}
