// What the scheduler drives: prompts that are read in pieces, and lanes that go on side by side. The real one
// (lanes.ts) holds a model and its caches; the scheduler's tests have one of plain arithmetic.

/** A prompt on its way into a cache. */
export interface PromptInCache {
  /** Tokens of the prompt that are in the cache by now; at the beginning those of a shared prefix. */
  readonly fed: number
  /** Forgets it. To be called once, unless it joined. */
  drop(): void
}

/** One sequence of the running batch. */
export interface Lane {
  /** Leaves the batch; its place is free from now on. */
  leave(): void
}

export interface Engine<P extends PromptInCache = PromptInCache, L extends Lane = Lane> {
  readonly vocab: number
  /** Looks for what is known of the prompt. With `reuse: false`, or an all-known prompt, at least one token is left. */
  begin(prompt: ArrayLike<number>, reuse: boolean): P
  /**
   * Feeds the next `count` tokens. Logits `[rows, vocab]`: of the last of them, of all, or none (null). They
   * are valid until the next call.
   */
  feed(prompt: P, count: number, want: 'last' | 'all' | 'none'): Promise<Float32Array | null>
  /** A wholly fed prompt becomes this many lanes. */
  join(prompt: P, count: number): L[]
  /** One token for each lane of the batch; logits `[lanes, vocab]` in this order, valid until the next call. */
  step(lanes: readonly L[], ids: readonly number[]): Promise<Float32Array>
  /** After a failure: everything that is in work is forgotten. */
  reset(): void
}
