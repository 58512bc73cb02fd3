// What a reader left out or could not keep exactly, counted: nothing is dropped in silence.

/**
 * - `refused`: a danger in an untrusted file: scripts, handlers, entities, external references;
 * - `dropped`: drawn by a browser, but not part of what is kept here;
 * - `approximated`: kept, not exactly;
 * - `damaged`: what the file says cannot be read, and is left out as a browser does.
 */
export type NoteKind = 'refused' | 'dropped' | 'approximated' | 'damaged'

export interface SvgNote {
  kind: NoteKind
  what: string
  count: number
}

const MOST_DIFFERENT = 200

export class Notes {
  private readonly byText = new Map<string, SvgNote>()

  add(kind: NoteKind, what: string, count = 1): void {
    const key = `${kind} ${what}`
    const known = this.byText.get(key)
    if (known) known.count += count
    else if (this.byText.size < MOST_DIFFERENT) this.byText.set(key, { kind, what, count })
  }

  list(): SvgNote[] {
    return [...this.byText.values()]
  }
}
