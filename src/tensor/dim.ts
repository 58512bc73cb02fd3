// Dimensions with names. A dimension is a number, a name (`batch`), or what arithmetic makes of names
// (`past + time`, `4·batch`), kept as a polynomial in one canonical spelling, so that equal dimensions are
// equal strings. A name stands for one size throughout a graph; sizes are known when the graph runs.

/** A number, a name, or a canonical expression of names such as `past+time` or `2*batch*time`. */
export type Dim = number | string
export type Shape = readonly Dim[]

/** Monomial (names in order, joined by `*`; '' = the constant) → coefficient. */
type Polynomial = Map<string, number>

function parse(dim: Dim): Polynomial {
  if (typeof dim === 'number') return new Map(dim === 0 ? [] : [['', dim]])
  const sum: Polynomial = new Map()
  for (const term of dim.split('+')) {
    let coefficient = 1
    const names: string[] = []
    for (const factor of term.split('*')) {
      if (/^-?\d+$/.test(factor)) coefficient *= Number(factor)
      else names.push(factor)
    }
    add(sum, names.sort().join('*'), coefficient)
  }
  return sum
}

function add(sum: Polynomial, monomial: string, coefficient: number): void {
  const total = (sum.get(monomial) ?? 0) + coefficient
  if (total === 0) sum.delete(monomial)
  else sum.set(monomial, total)
}

function spell(polynomial: Polynomial): Dim {
  const terms = [...polynomial].sort(([a], [b]) => (a < b ? -1 : 1))
  if (terms.length === 0) return 0
  if (terms.length === 1 && terms[0]![0] === '') return terms[0]![1]
  return terms.map(([names, n]) => (names === '' ? String(n) : n === 1 ? names : `${n}*${names}`)).join('+')
}

/** True for what may name a dimension of an input. */
export function isDimName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
}

export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b
  const sum = parse(a)
  for (const [monomial, n] of parse(b)) add(sum, monomial, n)
  return spell(sum)
}

export function mulDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b
  const product: Polynomial = new Map()
  for (const [m, x] of parse(a)) {
    for (const [n, y] of parse(b)) {
      const names = [...(m === '' ? [] : m.split('*')), ...(n === '' ? [] : n.split('*'))]
      add(product, names.sort().join('*'), x * y)
    }
  }
  return spell(product)
}

export function subDims(a: Dim, b: Dim): Dim {
  return addDims(a, mulDims(b, -1))
}

/** a / b where b is one term that divides every term of a exactly; null where it does not. */
export function divDims(a: Dim, b: Dim): Dim | null {
  if (typeof a === 'number' && typeof b === 'number') return b !== 0 && a % b === 0 ? a / b : null
  const divisor = [...parse(b)]
  if (divisor.length !== 1) return null
  const [names, n] = divisor[0]!
  const quotient: Polynomial = new Map()
  for (const [monomial, x] of parse(a)) {
    if (x % n !== 0) return null
    const left = monomial === '' ? [] : monomial.split('*')
    for (const name of names === '' ? [] : names.split('*')) {
      const at = left.indexOf(name)
      if (at < 0) return null
      left.splice(at, 1)
    }
    add(quotient, left.join('*'), x / n)
  }
  return spell(quotient)
}

/** Terms of a dimension as `[coefficient, names]`, for those who compute its size in a graph. */
export function termsOf(dim: Dim): (readonly [number, readonly string[]])[] {
  return [...parse(dim)].map(([names, n]) => [n, names === '' ? [] : names.split('*')] as const)
}

/** The size of a dimension when names are known; null while one is not. */
export function sizeOf(dim: Dim, sizes: ReadonlyMap<string, number>): number | null {
  let total = 0
  for (const [n, names] of termsOf(dim)) {
    let product = n
    for (const name of names) {
      const size = sizes.get(name)
      if (size === undefined) return null
      product *= size
    }
    total += product
  }
  return total
}

/** Product of all dimensions; 1 for a scalar. */
export function elements(shape: Shape): Dim {
  return shape.reduce<Dim>(mulDims, 1)
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i])
}

/** For messages: `[batch, 8]`. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`
}
