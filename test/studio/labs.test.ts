// The labs of the papers, each on a text of its own: what it shows at once, what it does with other input, and that
// nothing in it is out of reach of a keyboard or a screen reader.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, startStudio, violations, type Studio } from './browser.ts'

let studio: Studio
beforeAll(async () => {
  studio = await startStudio()
})
afterAll(() => studio.close())

const open = (slug: string) => studio.open(`/papers/${slug}`)
const number = (text: string) => Number(text.replaceAll(',', ''))

describe('labs', () => {
  it('dynamic tokenization: a slider walks through the merges', async () => {
    const { page, errors } = await open('dynamic-tokenization')
    const tokens = page.getByTestId('dynamic-tokens')
    await tokens.waitFor()
    const half = number(await tokens.innerText())
    const slider = page.getByRole('slider', { name: 'Number of merges' })
    await slider.focus()
    await page.keyboard.press('Home')
    await eventually(async () => number(await tokens.innerText())).toBeGreaterThan(half)
    await page.keyboard.press('End')
    await eventually(async () => number(await tokens.innerText())).toBeLessThan(half)
    await page.getByLabel('Texts of the batch').last().fill('')
    await eventually(async () => tokens.innerText()).toBe('0')
    expect(errors).toEqual([])
  })

  it('supertokens: trains three vocabularies on the text', async () => {
    const { page, errors } = await open('tokenadapt')
    await page.getByTestId('tokens-supertokens').waitFor()
    const of = async (kind: string) => number(await page.getByTestId(`tokens-${kind}`).innerText())
    expect(await of('two-stage')).toBeLessThan(await of('plain'))
    await page.getByLabel('Text to train on').last().fill('')
    await page.getByText('No text, no tokens').waitFor()
    expect(errors).toEqual([])
  })

  it('consistency: encodings of a word, findings, ids that are not canonical', async () => {
    const { page, errors } = await open('tokenization-consistency')
    await page.getByRole('button', { name: 'antidisestablishmentarianism' }).click()
    await page.getByText(/encodings, .* with a space before it/).waitFor()
    await page.getByTestId('findings').getByText('special tokens in text').waitFor()
    await page.getByRole('button', { name: 'Example' }).click()
    await page.getByText('Not canonical').waitFor()
    await page.getByLabel('Ids, as a model emitted them').fill('99999999')
    await page.getByText('ID_OUT_OF_RANGE').waitFor()
    expect(errors).toEqual([])
  })

  it('Visual Unicode: pictures of tokens, and twins among the neighbours', async () => {
    const { page, errors } = await open('visual-unicode')
    await page.getByRole('img', { name: 'O, large' }).waitFor()
    const near = page.getByTestId('neighbours')
    await eventually(() => near.getByRole('listitem').count()).toBe(15)
    // Greek and Cyrillic capital O look the same.
    expect(await near.getByText('U+041E').count()).toBe(1)
    expect(await near.getByText('U+039F').count()).toBe(1)
    expect(errors).toEqual([])
  })
})

describe('labs are accessible', () => {
  it.each(['dynamic-tokenization', 'tokenadapt', 'tokenization-consistency', 'hivg', 'visual-unicode'])(
    '%s, light and dark, wide and narrow',
    async (slug) => {
      for (const options of [
        { colorScheme: 'light' as const },
        { colorScheme: 'dark' as const, viewport: { width: 360, height: 800 } },
      ]) {
        const { page } = await studio.open(`/papers/${slug}`, options)
        await page.getByRole('heading', { name: 'The experiment, beside the paper' }).waitFor()
        await eventually(() => page.getByRole('progressbar').count()).toBe(0)
        expect(await violations(page)).toEqual([])
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
          options.viewport?.width ?? 1280,
        )
        await page.context().close()
      }
    },
  )
})
