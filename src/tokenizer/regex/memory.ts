// What matching remembers about (fork or loop, position): that everything from there failed, or where the
// enclosing lookaround or atomic group ended when it succeeded. Kept in pages of positions, so that memory
// goes only where matching had trouble, and given back as matching moves on.

/** Positions per page. */
const PAGE_BITS = 8
const PAGE_MASK = (1 << PAGE_BITS) - 1
/** Successes kept before older ones are dropped; dropping costs time, never a result. */
const MOST_SUCCESSES = 1 << 20

export class Memory {
  /** Numbers that forks and loops have: the bits of one position. */
  private readonly memos: number
  private failed: (Uint32Array | undefined)[] = []
  private readonly succeeded = new Map<number, number>()
  private freed = 0

  constructor(memos: number) {
    this.memos = memos
  }

  hasFailed(memo: number, at: number): boolean {
    const page = this.failed[at >> PAGE_BITS]
    if (!page) return false
    const bit = (at & PAGE_MASK) * this.memos + memo
    return ((page[bit >> 5]! >>> (bit & 31)) & 1) === 1
  }

  setFailed(memo: number, at: number): void {
    let page = this.failed[at >> PAGE_BITS]
    if (!page) {
      page = new Uint32Array(((this.memos << PAGE_BITS) + 31) >> 5)
      this.failed[at >> PAGE_BITS] = page
    }
    const bit = (at & PAGE_MASK) * this.memos + memo
    page[bit >> 5]! |= 1 << (bit & 31)
  }

  /** The end of the enclosing group, or -2 when no success is known. */
  success(memo: number, at: number): number {
    return this.succeeded.get(at * this.memos + memo) ?? -2
  }

  setSuccess(memo: number, at: number, end: number): void {
    this.succeeded.set(at * this.memos + memo, end)
  }

  /** No match begins before `at` any more: pages behind it are not asked again. */
  forget(at: number): void {
    if (this.succeeded.size > MOST_SUCCESSES) this.succeeded.clear()
    for (const page = (at >> PAGE_BITS) - 1; this.freed < page; this.freed++)
      this.failed[this.freed] = undefined
  }

  clear(): void {
    this.failed = []
    this.freed = 0
    this.succeeded.clear()
  }
}
