// Text as it may be given out while stop strings are watched for: one may come in several pieces, so whatever could be
// the beginning of one is held back until it is decided. A stop string is never given out, nor any part of it.

export class StopStrings {
  private readonly stops: readonly string[]
  private held = ''

  constructor(stops: readonly string[]) {
    this.stops = stops.filter((stop) => stop !== '')
  }

  /** More text. Gives what is certain by now, and whether a stop string has come: what follows it is lost. */
  push(text: string): { text: string; stopped: boolean } {
    const all = this.held + text
    if (this.stops.length === 0) return { text: all, stopped: false }
    let stop = -1
    for (const one of this.stops) {
      const at = all.indexOf(one)
      if (at >= 0 && (stop < 0 || at < stop)) stop = at
    }
    // A longer one may have begun before the one that is whole; it is not whole, so it does not count.
    if (stop >= 0) {
      this.held = ''
      return { text: all.slice(0, stop), stopped: true }
    }
    const keep = Math.max(...this.stops.map((one) => overlap(all, one)))
    this.held = all.slice(all.length - keep)
    return { text: all.slice(0, all.length - keep), stopped: false }
  }

  /** What was held back, when no more text comes. */
  end(): string {
    const rest = this.held
    this.held = ''
    return rest
  }
}

/** The longest end of the text that begins the stop string without being all of it. */
function overlap(text: string, stop: string): number {
  for (let n = Math.min(text.length, stop.length - 1); n > 0; n--) {
    if (text.endsWith(stop.slice(0, n))) return n
  }
  return 0
}
