// What a scanner is: the hand-written form of one pre-tokenization pattern.

/**
 * End of the piece that starts at `pos` (exclusive, > pos). `bytes` is well-formed UTF-8 and `pos < end`;
 * `end` is the end of the text, for patterns that look ahead.
 */
export type Scan = (bytes: Uint8Array, pos: number, end: number) => number
