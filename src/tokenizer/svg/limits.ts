// Bounds of what is read from an SVG file, which is untrusted: beyond them a file is refused, never cut.

/** UTF-16 units of one file. */
export const MAX_SVG_LENGTH = 16_000_000
/** Elements inside elements. */
export const MAX_DEPTH = 200
/** Elements of a file, and elements after every `<use>` is expanded (ten nested levels of ten copies are 10^10). */
export const MAX_ELEMENTS = 100_000
export const MAX_ATTRIBUTES = 1_000
/** `<use>` that leads to `<use>`, paint servers that lead to others. */
export const MAX_REFERENCES = 16
/** Commands of one drawing. */
export const MAX_COMMANDS = 1_000_000
/** A larger number in a drawing is taken for damage. */
export const MAX_NUMBER = 1e7
/** Selectors of all style sheets of a file, times elements, is the work of matching them. */
export const MAX_SELECTORS = 2_000
