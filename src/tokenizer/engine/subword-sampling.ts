// Encoding a source text in other ways than the best: n best and sampled, for Unigram models. The parts of a
// text (added tokens, pieces of the pre-tokenizer) are independent, so the n best of the whole come from the
// n best of the parts.
import { Random, TesseraError } from '../../core/index.ts'
import { chainIds, joinedBest, UnigramLattice, type Chain } from '../models/unigram-lattice.ts'
import type { TokenizerSpec } from '../spec.ts'
import type { SampleOptions, ScoredIds, Specials } from '../types.ts'
import { PlainLane } from './plain-lane.ts'
import type { SourceText } from './source-text.ts'

const MOST_BEST = 4096

export class SubwordSampling {
  private readonly source: SourceText
  private readonly lane: PlainLane
  private readonly lattice: UnigramLattice

  /** Throws FORMAT_UNSUPPORTED. */
  constructor(spec: TokenizerSpec, source: SourceText) {
    if (spec.model.type !== 'Unigram' || !(source.lane instanceof PlainLane)) {
      throw new TesseraError(
        'FORMAT_UNSUPPORTED',
        `${spec.name} has one way to encode a text (${spec.model.type})`,
        {
          hint: 'Sampling and n-best encoding exist for Unigram tokenizers',
        },
      )
    }
    this.source = source
    this.lane = source.lane
    this.lattice = new UnigramLattice(spec.model)
  }

  nBest(text: string, n: number, specials: Specials | undefined): ScoredIds[] {
    checkBest(n, 'n')
    let chains: Chain[] = [{ before: null, ids: [], score: 0 }]
    this.eachPiece(text, specials, (piece, id) => {
      const ways = piece === null ? [{ ids: [id], score: 0 }] : this.lattice.nBest(piece, n)
      chains = joinedBest(chains, ways, n)
    })
    return chains.map((chain) => ({ ids: chainIds(chain), score: chain.score }))
  }

  sample(text: string, options: SampleOptions): Uint32Array {
    const { alpha = 0.1, nBest, specials } = options
    if (!(alpha >= 0 && alpha < Infinity))
      throw new TesseraError('ARGUMENT_INVALID', `alpha is ${alpha}`, {
        where: 'alpha',
        hint: 'Give a number from 0 up',
      })
    const random =
      options.seed !== undefined
        ? new Random(options.seed)
        : (options.random ?? new Random(Math.floor(Math.random() * 2 ** 32)))
    if (nBest !== undefined) return drawn(this.nBest(text, nBest, specials), alpha, random)
    const out: number[] = []
    this.eachPiece(text, specials, (piece, id) => {
      if (piece === null) out.push(id)
      else for (const token of this.lattice.sample(piece, alpha, random)) out.push(token)
    })
    return Uint32Array.from(out)
  }

  private eachPiece(
    text: string,
    specials: Specials | undefined,
    visit: (piece: string | null, id: number) => void,
  ): void {
    this.source.walk(this.source.wellFormed(text), specials, false, 'source', {
      text: (part) => {
        for (const piece of this.lane.pieces(part)) if (piece !== '') visit(piece, -1)
      },
      added: (id) => visit(null, id),
    })
  }
}

/** One of the ways, with probability ∝ e^(alpha × score). */
function drawn(ways: readonly ScoredIds[], alpha: number, random: Random): Uint32Array {
  const weights = ways.map(({ score }) => Math.exp(alpha * (score - ways[0]!.score)))
  let left = random.float() * weights.reduce((sum, weight) => sum + weight, 0)
  for (let i = 0; i < ways.length; i++) {
    left -= weights[i]!
    if (left < 0) return ways[i]!.ids
  }
  return ways[0]!.ids
}

function checkBest(n: number, where: string): void {
  if (Number.isInteger(n) && n >= 1 && n <= MOST_BEST) return
  throw new TesseraError('ARGUMENT_INVALID', `${where} is ${n}`, { where, hint: `Give 1 to ${MOST_BEST}` })
}
