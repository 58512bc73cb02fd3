// The list of papers, a paper's page, and the lab of Binary BPE with a real program.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drop, eventually, startStudio, type Studio } from './browser.ts'

let studio: Studio

beforeAll(async () => {
  studio = await startStudio()
})
afterAll(() => studio.close())

describe('papers', () => {
  it('lists all 34, and filters by words, room and state', async () => {
    const { page, errors } = await studio.open('/papers')
    const items = page.locator('main li')
    await eventually(() => items.count()).toBe(34)
    const status = page.getByText(/\d+ of 34 papers/)
    await page.getByLabel('Search').fill('binary bpe')
    await eventually(() => items.count()).toBe(1)
    expect(await status.innerText()).toBe('1 of 34 papers')
    expect(page.url()).toContain('q=binary+bpe')
    await page.getByLabel('Search').fill('no such paper at all')
    await page.getByRole('button', { name: 'Show all' }).click()
    await eventually(() => items.count()).toBe(34)
    await page.getByLabel('Room').selectOption('decode')
    await eventually(() => items.count()).toBeLessThan(34)
    await page.getByLabel('Room').selectOption('')
    await page.getByLabel('State').selectOption('runs')
    await eventually(() => items.count()).toBeGreaterThan(0)
    expect(await items.getByText('not yet', { exact: true }).count()).toBe(0)
    expect(errors).toEqual([])
  })

  it('opens a paper by click and by address, goes back, and moves focus to the heading', async () => {
    const { page } = await studio.open('/papers')
    await page.getByRole('link', { name: /^Hierarchical Autoregressive/ }).click()
    await page.getByText('This one does not run yet').waitFor()
    expect(new URL(page.url()).pathname).toBe('/papers/hat')
    await eventually(() => page.evaluate('document.activeElement.tagName')).toBe('H1')
    await page.reload()
    await page.getByRole('heading', { level: 1, name: /^Hierarchical Autoregressive/ }).waitFor()
    await page.goBack()
    await page.getByText('34 of 34 papers').waitFor()
  })

  it('names a paper or a page that is not there', async () => {
    const { page } = await studio.open('/papers/nothing')
    await page.getByText('PAPER_NOT_FOUND').waitFor()
    await page.goto(new URL('/elsewhere', studio.url).href)
    await page.getByRole('heading', { name: 'No such page' }).waitFor()
  })
})

/** The first bytes of this Node program: ELF, PE or Mach-O, depending on the system. */
function program(): Uint8Array {
  return readFileSync(process.execPath).subarray(0, 600_000)
}

describe('the Binary BPE lab', () => {
  it('shows tokens, sections and the family for a program', async () => {
    const { page, errors } = await studio.open('/papers/binary-bpe')
    await page.getByRole('heading', { name: 'Your own program' }).waitFor()
    const bytes = program()
    await drop(page, 'node', bytes)
    const tokens = page.getByTestId('binary-tokens')
    await tokens.waitFor()
    const largest = Number((await tokens.innerText()).replaceAll(',', ''))
    expect(largest).toBeGreaterThan(0)
    expect(largest).toBeLessThan(bytes.length)

    // The hex view shows the file's own bytes, and few elements for many bytes.
    const options = page.getByRole('listbox', { name: 'Bytes and tokens of the file' }).getByRole('option')
    const firstBytes = (await options.allTextContents()).slice(0, 8).join(' ').split(' ')
    const wanted = Array.from(bytes.subarray(0, 4), (b) => b.toString(16).padStart(2, '0'))
    expect(firstBytes.slice(0, 4)).toEqual(wanted)
    expect(await page.evaluate<number>(`document.querySelectorAll('*').length`)).toBeLessThan(5000)

    // A token under the keyboard, then the smallest member of the family: more tokens.
    await page.getByRole('listbox').focus()
    await page.keyboard.press('ArrowRight')
    expect(await page.getByTestId('binary-token').innerText()).toMatch(/id \d+/)
    await page.getByRole('group', { name: 'Vocabulary size' }).getByRole('button').first().click()
    await eventually(async () => Number((await tokens.innerText()).replaceAll(',', ''))).toBeGreaterThan(
      largest,
    )

    expect(await page.getByRole('group', { name: 'Sections' }).getByRole('row').count()).toBeGreaterThan(2)
    await page.getByRole('img', { name: /^Bytes per token by vocabulary size/ }).waitFor()
    await page.getByRole('rowheader', { name: 'the paper', exact: true }).waitFor()
    await page.getByRole('rowheader', { name: /for text/ }).waitFor()
    expect(errors).toEqual([])
  })

  it('takes any file: one of no format, and an empty one', async () => {
    const { page } = await studio.open('/papers/binary-bpe')
    await page.getByRole('heading', { name: 'Your own program' }).waitFor()
    await drop(page, 'notes.txt', 'just text')
    await page.getByText('No executable format that we read').waitFor()
    await drop(page, 'nothing', '')
    await page.getByText('The file is empty').waitFor()
  })
})
