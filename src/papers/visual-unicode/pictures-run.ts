// The part of the experiment about pictures and the table: what collides under which way of drawing, how much
// variance each width keeps, and whether neighbours are visual, all over the 65,536 tokens that ship.
import { Random, throwIfCancelled, type LongWork } from '../../core/index.ts'
import {
  PictureIndex,
  collisions,
  coverageByScript,
  nearestRows,
  tableOfPictures,
  tokenPictures,
  varianceKept,
  type BitRows,
  type GlyphFont,
  type PictureOptions,
  type ScriptCoverage,
  type UnicodeCentricTokenizer,
} from '../../tokenizer/index.ts'
import { NEAREST, accented, rateOf, twins, variants, type Rate } from './likeness.ts'

const WIDTHS = [16, 64, 256, 1024]
const RANDOM_DIM = 64

export interface CollisionCount {
  setting: string
  /** Tokens that share their picture with another, by what they are. */
  characters: number
  ngrams: number
  others: number
  groups: number
  largest: string
}

export interface PicturesResult {
  coverage: { plane: ScriptCoverage[]; all: { characters: number; drawn: number } }
  collisions: CollisionCount[]
  variance: { dim: number; kept: number }[]
  rank: number
  likeness: { setting: string; twins: Rate; accented: Rate; variants: Rate | null }[]
  /** Places among neighbours, first = 1; null beyond the first 100. */
  places: { from: string; to: string; box: number | null; line: number | null }[]
  longestRowError: number
  seconds: { drawing: number; table: number }
}

const DRAWINGS: readonly { setting: string; options: PictureOptions }[] = [
  { setting: 'centred by the box of the ink (the paper), 32 px', options: {} },
  { setting: 'at its height on the line, 32 px', options: { align: 'line' } },
  {
    setting: 'centred, blanks and missing left empty (the paper), 32 px',
    options: { blank: 'blank', missing: 'blank' },
  },
  { setting: 'centred, with jitter, 32 px', options: { jitter: { seed: 42 } } },
  { setting: 'centred, squeezed pixels black from 1/3 on, 32 px', options: { ink: 1 / 3 } },
  { setting: 'centred, 16 px', options: { size: 16 } },
]

export async function picturesRun(
  tokenizer: UnicodeCentricTokenizer,
  font: GlyphFont,
  seed: number,
  work: LongWork,
): Promise<PicturesResult> {
  const tokens = tokenizer.pictureTokens()
  const breathe = async () => {
    await new Promise((resolve) => setTimeout(resolve, 0))
    throwIfCancelled(work.signal)
  }
  const began = performance.now()
  const box = await tokenPictures(tokens, font, work)
  const drawn = performance.now()
  const table = await tableOfPictures(box, work)
  const seconds = { drawing: (drawn - began) / 1000, table: (performance.now() - drawn) / 1000 }
  let longestRowError = 0
  for (let row = 0; row < tokens.length; row++) {
    let squares = 0
    for (let i = row * table.dim; i < (row + 1) * table.dim; i++) squares += table.rows[i]! ** 2
    longestRowError = Math.max(longestRowError, Math.abs(Math.sqrt(squares) - 1))
  }

  const counts: CollisionCount[] = []
  let line = box
  for (const { setting, options } of DRAWINGS) {
    await breathe()
    const pictures = counts.length === 0 ? box : await tokenPictures(tokens, font, { ...options, ...work })
    if (options.align === 'line') line = pictures
    counts.push(countCollisions(setting, pictures, tokenizer))
  }

  const groups = { twins: twins(), accented: accented(), variants: variants() }
  const likeness: PicturesResult['likeness'] = []
  const rate = async (setting: string, nearest: Parameters<typeof rateOf>[1], many: boolean) => {
    work.onProgress?.({ stage: `neighbours: ${setting}`, done: likeness.length, total: 7, unit: 'items' })
    likeness.push({
      setting,
      twins: await rateOf(groups.twins, nearest, breathe),
      accented: await rateOf(groups.accented, nearest, breathe),
      variants: many ? await rateOf(groups.variants, nearest, breathe) : null,
    })
  }
  const indexes = { box: new PictureIndex(box), line: new PictureIndex(line) }
  for (const [name, pictures] of Object.entries({ box, line })) {
    const index = indexes[name as 'box' | 'line']
    const setting = name === 'box' ? 'centred by the box' : 'at its height on the line'
    await rate(`${setting}, full width`, (id) => index.nearest(pictures.row(id), NEAREST, 'cosine', id), true)
  }
  for (const dim of WIDTHS.slice(0, -1)) {
    const rows = firstColumns(table.rows, table.dim, dim)
    await rate(`centred by the box, ${dim} components`, (id) => nearestRows(rows, dim, id, NEAREST), false)
  }
  const noise = randomRows(tokens.length, RANDOM_DIM, seed)
  await rate('random unit rows', (id) => nearestRows(noise, RANDOM_DIM, id, NEAREST), false)

  const place = (pictures: BitRows, index: PictureIndex, from: string, to: string) => {
    const id = from.charCodeAt(0)
    const at = index
      .nearest(pictures.row(id), 100, 'cosine', id)
      .findIndex((one) => one.id === to.charCodeAt(0))
    return at < 0 ? null : at + 1
  }
  const all = coverageByScript(font)
  return {
    coverage: {
      plane: coverageByScript(font, 0, 0x10000),
      all: {
        characters: all.reduce((sum, script) => sum + script.characters, 0),
        drawn: all.reduce((sum, script) => sum + script.drawn, 0),
      },
    },
    collisions: counts,
    variance: [...WIDTHS, 32, 128, 512]
      .sort((a, b) => a - b)
      .map((dim) => ({ dim, kept: varianceKept(table.variances, dim) })),
    rank: table.variances.filter((value) => value > 1e-10 * table.variances[0]!).length,
    likeness,
    places: ['O0', '0O', 'oО', 'eé', 'ée', 'l1', 'aа', 'Жж', '5Б'].map((pair) => {
      const [from, to] = [...pair] as [string, string]
      return { from, to, box: place(box, indexes.box, from, to), line: place(line, indexes.line, from, to) }
    }),
    longestRowError,
    seconds,
  }
}

function countCollisions(
  setting: string,
  pictures: BitRows,
  tokenizer: UnicodeCentricTokenizer,
): CollisionCount {
  const groups = collisions(pictures)
  const count = { setting, characters: 0, ngrams: 0, others: 0, groups: groups.length, largest: '' }
  for (const id of groups.flat()) {
    const kind = tokenizer.kindOf(id)
    if (kind === 'character') count.characters++
    else if (kind === 'n-gram') count.ngrams++
    else count.others++
  }
  const largest = groups.reduce<number[]>((most, group) => (group.length > most.length ? group : most), [])
  const first = largest[0]
  if (first !== undefined) {
    count.largest = `${largest.length} tokens alike, the first ${JSON.stringify(tokenizer.stringOf(first))} (id ${first})`
  }
  return count
}

/** The table of fewer components: their columns, made unit rows again. */
function firstColumns(rows: Float32Array, dim: number, keep: number): Float32Array {
  const count = rows.length / dim
  const out = new Float32Array(count * keep)
  for (let row = 0; row < count; row++) {
    let squares = 0
    for (let i = 0; i < keep; i++) squares += rows[row * dim + i]! ** 2
    const factor = squares > 0 ? 1 / Math.sqrt(squares) : 0
    for (let i = 0; i < keep; i++) out[row * keep + i] = rows[row * dim + i]! * factor
  }
  return out
}

function randomRows(count: number, dim: number, seed: number): Float32Array {
  const random = new Random(seed)
  const rows = new Float32Array(count * dim)
  for (let row = 0; row < count; row++) {
    let squares = 0
    for (let i = row * dim; i < (row + 1) * dim; i++) {
      // Sums of uniform numbers are near enough to a normal distribution for a direction.
      rows[i] = random.float() + random.float() + random.float() + random.float() - 2
      squares += rows[i]! ** 2
    }
    const factor = 1 / Math.sqrt(squares)
    for (let i = row * dim; i < (row + 1) * dim; i++) rows[i]! *= factor
  }
  return rows
}
