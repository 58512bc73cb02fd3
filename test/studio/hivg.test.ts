// The lab of HiVG: a drawing as tokens, its tiles linked with its strokes, and an untrusted file that stays harmless.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drop, eventually, startStudio, type Studio } from './browser.ts'

let studio: Studio

beforeAll(async () => {
  studio = await startStudio()
})
afterAll(() => studio.close())

const SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M4 4h16v16H4z"/></svg>'

describe('the HiVG lab', () => {
  it('shows a drawing as steps, and a step on the drawing', async () => {
    const { page, errors } = await studio.open('/papers/hivg')
    const tokens = page.getByTestId('svg-tokens')
    await tokens.waitFor()
    await page.getByLabel('SVG text').fill(SQUARE)
    // <svg> <path> M+2 h v h z </path> </svg>, h and v at most two tokens each.
    await eventually(async () => Number(await tokens.innerText())).toBeLessThan(15)
    await page.getByRole('heading', { name: 'Your drawing' }).waitFor()
    const few = Number(await tokens.innerText())

    const steps = page.getByRole('listbox', { name: 'Steps of the sequence' })
    const texts = (await steps.getByRole('option').allTextContents()).map((text) => text.trim())
    expect(texts[0]).toBe('<svg>')
    expect(texts.join(' ')).toMatch(/^<svg> <path> M 37 37 h 150 v 150 h -150 z/)
    await steps.focus()
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight')
    expect(await page.getByTestId('svg-step').innerText()).toMatch(/in place of 2\D[^]*h 150/)
    const halo = page.locator('svg path.halo')
    expect(await halo.getAttribute('d')).toBe('M37 37h150')
    await page.locator('svg path.step').first().hover({ force: true })

    // Without segments there are as many tokens or more; on canvas 64 the numbers are smaller.
    await page.getByRole('slider', { name: 'segments' }).fill('0')
    await eventually(async () => Number(await tokens.innerText())).toBeGreaterThanOrEqual(few)
    await eventually(() => page.getByText('0 segment tokens in colour').count()).toBe(1)
    await page.getByRole('button', { name: '64', exact: true }).click()
    await eventually(() => steps.innerText()).toContain('M 11 11')
    await eventually(() => page.getByText(/^the difference: PSNR/).count()).toBe(1)
    await page
      .getByRole('img', { name: new RegExp(`the file in bytes: ${SQUARE.length};.*with segments:`) })
      .waitFor()
    await page.getByRole('heading', { name: 'The experiment, beside the paper' }).waitFor()
    expect(errors).toEqual([])
  })

  it('takes nothing dangerous from a file, and says what it refused', async () => {
    const { page, errors } = await studio.open('/papers/hivg')
    await page.getByTestId('svg-tokens').waitFor()
    await page.evaluate('globalThis.taken = []')
    await drop(
      page,
      'bad.svg',
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" onload="taken.push(1)"><script>taken.push(2)</script>` +
        `<path d="M0 0h10v5z" onclick="taken.push(3)"/><image href="/papers" width="9" height="9"/></svg>`,
    )
    await page.getByRole('heading', { name: 'bad.svg' }).waitFor()
    await page.getByText('Refused as a danger').waitFor()
    await page.getByText('event handler').waitFor()
    await page.locator('svg path.step').first().click({ force: true })
    expect(await page.evaluate('globalThis.taken')).toEqual([])
    expect(
      await page.evaluate(`document.querySelectorAll('main script, main [onload], main [onclick]').length`),
    ).toBe(0)
    expect(errors).toEqual([])
  })

  it('names what it cannot read, and goes on', async () => {
    const { page } = await studio.open('/papers/hivg')
    await page.getByTestId('svg-tokens').waitFor()
    await drop(page, 'page.html', '<html><body/></html>')
    await page.getByRole('alert').getByText('FORMAT_UNSUPPORTED').waitFor()
    await page.getByLabel('SVG text').fill('')
    await page.getByText('No drawing, no tokens').waitFor()
    await page.getByRole('button', { name: 'Colours and copies' }).click()
    await page.getByTestId('svg-tokens').waitFor()
  })
})
