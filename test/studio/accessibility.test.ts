// axe-core over every page and its states, in light and dark, wide and narrow: no violations.
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drop, eventually, startStudio, violations, type Studio } from './browser.ts'

const PAGES: Record<string, { path: string; arrange(page: Page): Promise<void> }> = {
  tokens: {
    path: '/?with=o200k_base,cl100k_base',
    async arrange(page) {
      await page.getByTestId('differences').waitFor()
      const token = page.getByRole('listbox').getByRole('option', { name: 'tess' }).first()
      await token.click()
      await page
        .getByRole('img', { name: /tokens?:/ })
        .first()
        .waitFor()
    },
  },
  'tokens of a chat': {
    path: '/?with=qwen3',
    async arrange(page) {
      await page.getByRole('button', { name: 'Chat' }).click()
      await page.getByText('Chat template of qwen3').click()
      await page.getByRole('listbox').getByRole('option', { name: '<|im_start|>' }).first().waitFor()
      // As a keyboard shows a token: a mouse would have to find one that stands still.
      await page.getByRole('listbox').focus()
    },
  },
  'tokens, empty': {
    path: '/?with=o200k_base',
    async arrange(page) {
      await page.getByLabel('Text to tokenize').fill('')
      await page.getByText('No tokens yet').waitFor()
    },
  },
  'tokens, a problem': {
    path: '/?with=o200k_base',
    async arrange(page) {
      await page.getByRole('listbox').getByRole('option').first().waitFor()
      await drop(page, 'tokenizer.json', '{')
      await page.getByRole('alert').waitFor()
    },
  },
  papers: {
    path: '/papers',
    async arrange(page) {
      await page.getByText('34 of 34 papers').waitFor()
    },
  },
  'a paper': {
    path: '/papers/hat',
    async arrange(page) {
      await page.getByText('This one does not run yet').waitFor()
    },
  },
  lab: {
    path: '/papers/binary-bpe',
    async arrange(page) {
      await page.getByRole('heading', { name: 'Your own program' }).waitFor()
      await drop(page, 'node', readFileSync(process.execPath).subarray(0, 200_000))
      await page.getByRole('rowheader', { name: /for text/ }).waitFor()
      await page.getByRole('listbox').focus()
    },
  },
  'lab of entropies': {
    path: '/papers/information-theoretic-tokenizers',
    async arrange(page) {
      await page
        .locator('[role="status"]', { hasText: '5 tokenizers measured' })
        .waitFor({ state: 'attached' })
      await page.getByRole('button', { name: 'Paste or type' }).click()
    },
  },
  'lab of SVG': {
    path: '/papers/hivg',
    async arrange(page) {
      await page.getByTestId('svg-tokens').waitFor()
      await page.getByRole('button', { name: 'An untrusted file' }).click()
      await page.getByText('Refused as a danger').waitFor()
      await page.getByRole('listbox').focus()
    },
  },
  'no such page': {
    path: '/nowhere',
    async arrange(page) {
      await page.getByRole('heading', { name: 'No such page' }).waitFor()
    },
  },
}

let studio: Studio

beforeAll(async () => {
  studio = await startStudio()
})
afterAll(() => studio.close())

for (const [look, options] of Object.entries({
  light: { colorScheme: 'light' as const },
  dark: { colorScheme: 'dark' as const },
  'light and narrow': { colorScheme: 'light' as const, viewport: { width: 360, height: 740 } },
})) {
  describe(look, () => {
    for (const [name, { path, arrange }] of Object.entries(PAGES)) {
      it(name, async () => {
        const { page } = await studio.open(path, { ...options, reducedMotion: 'reduce' })
        await arrange(page)
        expect(await violations(page)).toEqual([])
        // Nothing may be wider than the window: the page never scrolls sideways.
        const [inner, whole] = await page.evaluate<[number, number]>(
          '[document.documentElement.clientWidth, document.documentElement.scrollWidth]',
        )
        expect(whole).toBeLessThanOrEqual(inner)
        await page.context().close()
      })
    }
  })
}

it('the theme can be chosen, and the choice is kept', async () => {
  const { page } = await studio.open('/papers', { colorScheme: 'light' })
  const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const light = await ground()
  await page.getByRole('button', { name: 'Dark theme' }).click()
  const dark = await ground()
  expect(dark).not.toBe(light)
  await page.reload()
  expect(await ground()).toBe(dark)
  expect(await page.getByRole('button', { name: 'Dark theme' }).getAttribute('aria-pressed')).toBe('true')
})

it('the first tab stop skips to the page', async () => {
  const { page } = await studio.open('/papers')
  await page.getByText('34 of 34 papers').waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the page')
  await page.keyboard.press('Enter')
  await eventually(() => page.evaluate('document.activeElement.id')).toBe('main')
})
