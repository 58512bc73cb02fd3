// The Model and Train pages: a model that runs in the page as it does in Node, and one that is trained from the page.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../src/core/index.ts'
import { generate } from '../../src/decode/index.ts'
import { checkpointOf, familyOf, loadModel, openCheckpoint, saveCheckpoint } from '../../src/model/index.ts'
import { Parameters } from '../../src/tensor/index.ts'
import { trainBpe } from '../../src/tokenizer/index.ts'
import { drop, eventually, startStudio, type Studio, violations } from './browser.ts'

const WORDS = ['the', 'whale', 'sea', 'ship', 'old', 'and', 'of', 'a', 'sails', 'wind', 'captain', 'in']
const random = new Random(1)
const text = Array.from({ length: 3000 }, () => random.pick(WORDS)).join(' ')

let folder: string
let studio: Studio
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-model-page-'))
  const tokenizer = await trainBpe([text], { vocabSize: 300, specials: ['<|end|>'] })
  const family = familyOf({ architectures: ['LlamaForCausalLM'] })
  const config = family.config({
    architectures: ['LlamaForCausalLM'],
    vocab_size: tokenizer.vocabSize,
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 48,
    max_position_embeddings: 64,
    tie_word_embeddings: true,
  })
  const parameters = Parameters.initialised(family.parameters(config), 1)
  // Far from flat, so that the likeliest token is so by a margin.
  for (const { name, start, end } of parameters.views) {
    if (!name.includes('norm')) for (let i = start; i < end; i++) parameters.values[i]! *= 8
  }
  await saveCheckpoint(join(folder, 'random'), checkpointOf(family, config, parameters, tokenizer))
  studio = await startStudio(['--model', join(folder, 'random'), '--runs', join(folder, 'runs')])
})
afterAll(async () => {
  await studio.close()
  await rm(folder, { recursive: true })
})

const idsOf = (page: Page) =>
  page.evaluate<number[]>('[...document.querySelectorAll("[data-id]")].map((one) => Number(one.dataset.id))')

async function written(path = '/model?model=given', options: BrowserContextOptions = {}) {
  const { page, errors } = await studio.open(path, options)
  await page.getByText('loaded in').waitFor()
  await page.getByLabel('Prompt').last().fill('the whale and the')
  await page.getByLabel('Temperature').fill('0')
  await page.getByLabel('Tokens at most').fill('24')
  await page.getByRole('button', { name: 'Write on' }).click()
  await page.getByText('As many tokens as were asked for').waitFor()
  return { page, errors }
}

describe('the Model page', () => {
  it('writes what the model writes in Node, and tells of every token', async () => {
    const checkpoint = await openCheckpoint(join(folder, 'random'))
    const model = await loadModel(checkpoint)
    const expected = await generate(model, 'the whale and the', { maxTokens: 24 }).result
    await model.release()
    await checkpoint.close()

    const { page, errors } = await written()
    const prompt = checkpoint.tokenizer!.encode('the whale and the')
    expect(await idsOf(page)).toEqual([...prompt, ...expected.ids])

    const tokens = page.getByRole('listbox', { name: /Tokens/ })
    await tokens.focus()
    await page.keyboard.press('ArrowLeft')
    // Greedy: the token is the first of the likeliest ones.
    const first = page.getByRole('row').filter({ hasText: 'this one' })
    expect(await first.count()).toBe(1)
    await page.getByRole('heading', { name: /looks at/ }).waitFor()
    await page.getByRole('radio', { name: 'attention of the chosen token' }).check()
    await page.getByRole('combobox', { name: 'Layer' }).selectOption('1')
    await page.getByRole('img', { name: /Attention of/ }).waitFor()

    // Another token in the place of the third, and all that follows is written anew.
    await tokens.focus()
    await page.keyboard.press('Home')
    for (let i = 0; i < prompt.length; i++) await page.keyboard.press('ArrowRight')
    await page
      .getByRole('button', { name: /Write on with/ })
      .first()
      .click()
    await eventually(async () => (await idsOf(page)).slice(0, prompt.length)).toEqual([...prompt])
    await eventually(async () => (await idsOf(page))[prompt.length]).not.toBe(expected.ids[0])
    await page.getByText(/kept from the prompt before/).waitFor()
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('says when files are no model', async () => {
    const { page } = await studio.open('/model?model=given')
    await page.getByText('loaded in').waitFor()
    await drop(page, 'config.json', '{"architectures": ["NoSuchModel"]}')
    await eventually(() => page.getByRole('alert').innerText()).toContain('FILE_NOT_FOUND')
    expect(await violations(page)).toEqual([])
    await page.context().close()
  })
})

describe('the Train page', () => {
  it('trains, stops, goes on after a reload, and gives the model away', async () => {
    const { page, errors } = await studio.open('/train')
    await page.getByText('No run yet').waitFor()
    await page.getByLabel('Pasted text').check()
    await page.getByRole('button', { name: 'Train' }).click()
    await eventually(() => page.getByRole('alert').innerText()).toContain('TRAINING_IMPOSSIBLE')

    await page.getByLabel('Text to train on').fill(text)
    await page.getByText('Name, steps, seed').click()
    // So many that a fast machine is not through before it is told to stop.
    await page.getByLabel('Steps', { exact: true }).fill('2000')
    await page.getByRole('button', { name: 'Train' }).click()
    await page.getByRole('img', { name: /Bits per byte over/ }).waitFor()
    await page.getByLabel(/Text of the model/).waitFor()
    await page.getByRole('button', { name: /Stop/ }).click()
    await page.getByRole('button', { name: 'Go on' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Go on' }).click()
    // How long a busy machine takes is not the question.
    await page.getByText('step 2,000 of 2,000', { exact: true }).waitFor({ timeout: 160_000 })
    await page.getByRole('link', { name: 'model.safetensors' }).waitFor()
    expect(await page.getByRole('link', { name: 'model.onnx' }).count()).toBe(1)
    expect(await violations(page)).toEqual([])

    await page.getByRole('link', { name: 'Try it on the Model page' }).click()
    await page.getByText(/0\.\d+ M parameters/).waitFor()
    // The browser tells of the refusal, too.
    expect(errors.filter((one) => !one.includes('400'))).toEqual([])
    await page.context().close()
  }, 300_000)
})

describe('both are accessible', () => {
  it.each([
    ['light', 1280],
    ['dark', 360],
  ] as const)('%s, %i wide', async (colorScheme, width) => {
    const viewport = { width, height: 800 }
    const { page } = await written(undefined, { colorScheme, viewport, reducedMotion: 'reduce' })
    await page.getByRole('listbox', { name: /Tokens/ }).focus()
    await page.getByRole('heading', { name: /looks at/ }).waitFor()
    const narrow = async () =>
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    expect(await violations(page)).toEqual([])
    await narrow()
    await page.goto(new URL('/train', studio.url).href)
    await page.getByRole('heading', { name: 'What it writes' }).waitFor()
    expect(await violations(page)).toEqual([])
    await narrow()
    await page.context().close()
  })
})
