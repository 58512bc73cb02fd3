// Waiting work, first come first served for each client, clients in turn: who sends a hundred requests at once
// waits for themselves, not the others for them.

export class FairQueue<T extends { readonly client: string }> {
  /** In the order of turns: a client that was served goes to the end. */
  private readonly lines = new Map<string, T[]>()
  private count = 0

  get length(): number {
    return this.count
  }

  push(item: T): void {
    const line = this.lines.get(item.client)
    if (line) line.push(item)
    else this.lines.set(item.client, [item])
    this.count++
  }

  /** Whose turn it is. */
  peek(): T | undefined {
    for (const line of this.lines.values()) return line[0]
    return undefined
  }

  shift(): T | undefined {
    for (const [client, line] of this.lines) {
      const item = line.shift()!
      this.lines.delete(client)
      if (line.length > 0) this.lines.set(client, line)
      this.count--
      return item
    }
    return undefined
  }

  /** Takes out what is given up; false when it is not here (any more). */
  remove(item: T): boolean {
    const line = this.lines.get(item.client)
    const at = line?.indexOf(item) ?? -1
    if (at < 0) return false
    line!.splice(at, 1)
    if (line!.length === 0) this.lines.delete(item.client)
    this.count--
    return true
  }
}
