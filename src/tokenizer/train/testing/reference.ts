// The plain trainers that the fast one is tested against.
// `recountingTrainer`: the definition; counts every pair anew before every merge (rule `skip`).
// `listingTrainer`: Hugging Face's loop with maps and sets, including what follows from its lists of
// words: a pair that reappears gets a second list, and is merged list by list (rule `reuse`).

export interface PlainWords {
  words: number[][]
  weights: number[]
  /** Strings of the initial tokens. */
  initial: string[]
}

export interface PlainOptions {
  vocabSize: number
  minFrequency?: number
  maxTokenLength?: number
}

export interface PlainMerge {
  left: number
  right: number
  made: number
  count: number
}

export function recountingTrainer(input: PlainWords, options: PlainOptions): PlainMerge[] {
  const { minFrequency = 1, maxTokenLength = Infinity } = options
  const strings = [...input.initial]
  const lengths = strings.map(() => 1)
  let words = input.words
  const merges: PlainMerge[] = []
  while (strings.length < options.vocabSize) {
    const counts = new Map<string, number>()
    words.forEach((word, w) => {
      for (let i = 0; i + 1 < word.length; i++) {
        const key = `${word[i]} ${word[i + 1]}`
        counts.set(key, (counts.get(key) ?? 0) + input.weights[w]!)
      }
    })
    const candidates = [...counts].map(([key, count]) => {
      const [left, right] = key.split(' ').map(Number) as [number, number]
      return { left, right, count }
    })
    const best = candidates
      .filter(({ left, right }) => lengths[left]! + lengths[right]! <= maxTokenLength)
      .filter(({ left, right }) => !strings.includes(strings[left]! + strings[right]!))
      .sort((a, b) => b.count - a.count || a.left - b.left || a.right - b.right)[0]
    if (!best || best.count < Math.max(1, minFrequency)) break
    const made = strings.length
    strings.push(strings[best.left]! + strings[best.right]!)
    lengths.push(lengths[best.left]! + lengths[best.right]!)
    words = words.map((word) => replaced(word, best.left, best.right, made))
    merges.push({ ...best, made })
  }
  return merges
}

function replaced(word: number[], left: number, right: number, made: number): number[] {
  const out: number[] = []
  for (let i = 0; i < word.length; i++) {
    if (word[i] === left && word[i + 1] === right) {
      out.push(made)
      i++
    } else out.push(word[i]!)
  }
  return out
}

export function listingTrainer(input: PlainWords, options: PlainOptions): PlainMerge[] {
  const { minFrequency = 1, maxTokenLength = Infinity } = options
  const strings = [...input.initial]
  const words = input.words.map((word) => word.map((id) => ({ id, length: 1 })))
  const counts = new Map<string, number>()
  const queue: { left: number; right: number; count: number; at: Set<number>; age: number }[] = []
  let age = 0
  const push = (lists: Map<string, Set<number>>) => {
    for (const [key, at] of lists) {
      const [left, right] = key.split(' ').map(Number) as [number, number]
      if (counts.get(key)! > 0) queue.push({ left, right, count: counts.get(key)!, at, age: age++ })
    }
  }
  const change = (lists: Map<string, Set<number>>, left: number, right: number, by: number, w: number) => {
    const key = `${left} ${right}`
    counts.set(key, (counts.get(key) ?? 0) + by * input.weights[w]!)
    if (by < 0) return
    if (!lists.has(key)) lists.set(key, new Set())
    lists.get(key)!.add(w)
  }

  const first = new Map<string, Set<number>>()
  words.forEach((word, w) => {
    for (let i = 0; i + 1 < word.length; i++) {
      if (maxTokenLength >= 2) change(first, word[i]!.id, word[i + 1]!.id, 1, w)
    }
  })
  push(first)
  const merges: PlainMerge[] = []
  while (strings.length < options.vocabSize && queue.length > 0) {
    queue.sort((a, b) => b.count - a.count || a.left - b.left || a.right - b.right || a.age - b.age)
    const top = queue.shift()!
    const { left, right } = top
    const count = counts.get(`${left} ${right}`)!
    if (count !== top.count) {
      queue.push({ ...top, count })
      continue
    }
    if (count < Math.max(1, minFrequency)) break
    const joined = strings[left]! + strings[right]!
    const known = strings.indexOf(joined)
    const made = known < 0 ? strings.length : known
    if (known < 0) strings.push(joined)
    merges.push({ left, right, made, count })
    const lists = new Map<string, Set<number>>()
    for (const w of top.at) {
      const word = words[w]!
      for (let i = 0; i + 1 < word.length; i++) {
        const a = word[i]!
        const b = word[i + 1]!
        if (a.id !== left || b.id !== right) continue
        const merged = { id: made, length: a.length + b.length }
        word.splice(i, 2, merged)
        const before = word[i - 1]
        const after = word[i + 1]
        if (before) {
          change(lists, before.id, left, -1, w)
          if (before.length + merged.length <= maxTokenLength) change(lists, before.id, made, 1, w)
        }
        if (after) {
          change(lists, right, after.id, -1, w)
          if (after.length + merged.length <= maxTokenLength) change(lists, made, after.id, 1, w)
        }
      }
    }
    push(lists)
  }
  // A pair that was merged list by list stands at its last place.
  return merges.filter((m, i) => !merges.some((n, j) => j > i && n.left === m.left && n.right === m.right))
}
