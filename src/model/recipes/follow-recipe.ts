// Follows a recipe of `recipes.ts` with the texts of a checkout.
import { TesseraError } from '../../core/index.ts'
import { loadTokenizer, type Tokenizer } from '../../tokenizer/index.ts'
import { pretrain, type Pretrained, type PretrainOptions } from './pretrain.ts'
import type { Recipe } from './recipes.ts'
import type { TextKind, Texts } from './texts.ts'

export interface FollowOptions
  extends
    Pick<PretrainOptions, 'onStep' | 'onEvaluation' | 'onStage' | 'signal' | 'threads' | 'folder'>,
    Partial<Pick<PretrainOptions, 'steps'>> {
  /** node_modules of a checkout. */
  packages: string
  /** Where finished models are, for recipes that use the tokenizer of another. */
  models: string
}

export interface FollowedRecipe extends Pretrained {
  texts: Texts
}

/** Throws FILE_NOT_FOUND without the packages or the other recipe's tokenizer, and what `pretrain` throws. */
export async function followRecipe(recipe: Recipe, options: FollowOptions): Promise<FollowedRecipe> {
  options.onStage?.('texts')
  // Files: a page that takes something else of this room must not load it.
  const { readTexts } = await import('./texts.ts')
  const texts = await readTexts(options.packages, recipe.seed)
  const groups = (Object.keys(recipe.mixture) as TextKind[]).map((kind) => ({
    name: kind,
    train: texts.train[kind],
    heldOut: texts.heldOut[kind],
    weight: recipe.mixture[kind],
  }))
  const tokenizer = await tokenizerOf(recipe, options)
  const pretrained = await pretrain({
    ...recipe,
    ...options,
    steps: options.steps ?? recipe.steps,
    size: recipe,
    groups,
    tokenizer,
  })
  return { ...pretrained, texts }
}

async function tokenizerOf(recipe: Recipe, { models }: FollowOptions): Promise<Tokenizer | number> {
  if (recipe.tokenizer.kind === 'bytes') return 257
  const { of, vocabSize } = recipe.tokenizer
  if (of === recipe.name) return vocabSize
  const { readFileBounded } = await import('../../core/node.ts')
  const file = `${models}/${of}/tokenizer.json`
  try {
    return await loadTokenizer(await readFileBounded(file, 1 << 26))
  } catch (cause) {
    throw new TesseraError('FILE_NOT_FOUND', `${recipe.name} uses the tokenizer of ${of}`, {
      where: file,
      hint: `First: tessera pretrain --recipe ${of}`,
      cause,
    })
  }
}
