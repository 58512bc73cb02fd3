// The Tokens page as a person uses it: typing, comparing, pointing, the keyboard, files of all kinds.
import { encode as encodeO200k } from 'gpt-tokenizer/encoding/o200k_base'
import { encode as encodeCl100k } from 'gpt-tokenizer/encoding/cl100k_base'
import cl100k from 'js-tiktoken/ranks/cl100k_base'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drop, eventually, startStudio, type Studio } from './browser.ts'

let studio: Studio

beforeAll(async () => {
  studio = await startStudio()
})
afterAll(() => studio.close())

/** One card: a tokenizer and its tokens. */
const card = (page: Page, name: string) => page.getByRole('region', { name: `Tokenizer ${name}` })
const tokens = (page: Page, name: string) => page.getByRole('listbox', { name: `Tokens of ${name}` })
const counted = (page: Page, name: string) => card(page, name).getByTestId('tokens')
const inspector = (page: Page, field: string) => page.getByTestId('inspector').getByTestId(field)

async function type(page: Page, text: string): Promise<void> {
  await page.getByLabel('Text to tokenize').fill(text)
}

/** Waits until the card has exactly these ids in sight. */
async function expectIds(page: Page, name: string, ids: readonly number[]): Promise<void> {
  await page.getByLabel('Show ids').check()
  await eventually(() => tokens(page, name).getByRole('option').allTextContents()).toEqual(ids.map(String))
}

describe('typing', () => {
  it('shows the ids that the reference gives', async () => {
    const { page, errors } = await studio.open('/?with=o200k_base,cl100k_base')
    for (const text of ['Hello, tokens!', 'naïve 日本語 🧩👩‍🚀', 'x  = 12345;\n\treturn\r\n']) {
      await type(page, text)
      const read = await page.getByLabel('Text to tokenize').inputValue()
      await expectIds(page, 'o200k_base', encodeO200k(read))
      await expectIds(page, 'cl100k_base', encodeCl100k(read))
    }
    expect(errors).toEqual([])
  })

  it('says that there is nothing yet, and counts one token again after it', async () => {
    const { page } = await studio.open('/?with=o200k_base')
    await type(page, '')
    await card(page, 'o200k_base').getByText('No tokens yet').waitFor()
    expect(await counted(page, 'o200k_base').innerText()).toBe('0')
    await type(page, 'a')
    await eventually(() => counted(page, 'o200k_base').innerText()).toBe('1')
  })

  it('follows the policy for special tokens', async () => {
    const { page } = await studio.open('/?with=o200k_base')
    await type(page, '<|endoftext|>')
    await eventually(() => counted(page, 'o200k_base').innerText()).toBe(
      String(encodeO200k('<|endoftext|>', { disallowedSpecial: new Set() }).length),
    )
    const policy = page.getByLabel('Special tokens in the text')
    await policy.selectOption('parse')
    await expectIds(page, 'o200k_base', [199999])
    await policy.selectOption('refuse')
    await card(page, 'o200k_base').getByText('SPECIAL_TOKEN_REFUSED').waitFor()
  })
})

describe('comparing', () => {
  it('shows up to four side by side, and where they differ', async () => {
    const { page } = await studio.open('/?with=o200k_base')
    await type(page, 'antidisestablishmentarianism is a word')
    const more = page.getByRole('button', { name: 'Compare with another' })
    for (const n of [2, 3, 4]) {
      await more.click()
      await eventually(() => page.getByRole('region', { name: /^Tokenizer / }).count()).toBe(n)
    }
    expect(await more.isDisabled()).toBe(true)
    await page.getByRole('heading', { name: 'Where they differ' }).waitFor()
    expect(await page.getByTestId('differences').innerText()).toMatch(/cut differently/)
    expect(new URL(page.url()).searchParams.get('with')?.split(',')).toHaveLength(4)
    await card(page, 'o200k_base').getByRole('button', { name: 'Remove o200k_base' }).click()
    await eventually(() => page.getByRole('region', { name: /^Tokenizer / }).count()).toBe(3)
  })

  it('says so when they agree', async () => {
    const { page } = await studio.open('/?with=o200k_base,cl100k_base')
    await type(page, 'the cat')
    await page.getByText('Nowhere: all cut this text in the same places.').waitFor()
  })
})

describe('looking at a token', () => {
  it('shows id, bytes and offsets under the pointer', async () => {
    const { page } = await studio.open('/?with=o200k_base')
    await type(page, 'ä small token')
    const token = tokens(page, 'o200k_base').getByRole('option', { name: 'small' })
    await token.hover()
    await eventually(() => inspector(page, 'id').innerText()).toBe(String(encodeO200k(' small')[0]))
    expect(await inspector(page, 'bytes').innerText()).toBe('20 73 6d 61 6c 6c')
    expect(await inspector(page, 'byte-offsets').innerText()).toBe('2–8')
    expect(await inspector(page, 'unit-offsets').innerText()).toBe('1–7')
  })

  it('and under the keyboard, with the token announced', async () => {
    const { page } = await studio.open('/?with=o200k_base')
    await type(page, 'one two three')
    const list = tokens(page, 'o200k_base')
    await eventually(() => list.getByRole('option').count()).toBe(3)
    await list.focus()
    await eventually(() => inspector(page, 'byte-offsets').innerText()).toBe('0–3')
    await page.keyboard.press('ArrowRight')
    await eventually(() => inspector(page, 'byte-offsets').innerText()).toBe('3–7')
    await page.keyboard.press('End')
    await eventually(() => inspector(page, 'byte-offsets').innerText()).toBe('7–13')
    const active = await list.getAttribute('aria-activedescendant')
    expect(await page.locator(`[id="${active}"]`).innerText()).toBe(' three')
    await page.keyboard.press('Enter')
    await page.getByRole('img', { name: /^1 token: ␣three/ }).waitFor()
  })

  it('shows tokens that end inside a character as their bytes', async () => {
    const { page } = await studio.open('/?with=cl100k_base')
    await type(page, '🧩')
    await eventually(() => tokens(page, 'cl100k_base').getByRole('option').allTextContents()).toEqual([
      '⟨f0 9f⟩',
      '⟨a7⟩',
      '⟨a9⟩',
    ])
  })
})

describe('files', () => {
  it('puts a short text file into the text field', async () => {
    const { page } = await studio.open('/?with=o200k_base')
    await drop(page, 'note.txt', 'from a file')
    await eventually(() => page.getByLabel('Text to tokenize').inputValue()).toBe('from a file')
    await eventually(() => counted(page, 'o200k_base').innerText()).toBe('3')
  })

  it('tokenizes bytes that are no text as bytes, and says so', async () => {
    const { page } = await studio.open('/?with=o200k_base')
    await drop(page, 'bytes.bin', Uint8Array.of(0xff, 0xfe, 0x00, 0x80, 0x41))
    await page.getByText('Not UTF-8 text').waitFor()
    await eventually(async () =>
      (await tokens(page, 'o200k_base').getByRole('option').allTextContents()).join(''),
    ).toContain('⟨ff')
  })

  it('loads a dropped tokenizer.json', async () => {
    const { page } = await studio.open('/?with=o200k_base')
    const tokenizer = {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'Whitespace' },
      post_processor: null,
      decoder: null,
      model: { type: 'WordLevel', vocab: { '<unk>': 0, hello: 1, world: 2 }, unk_token: '<unk>' },
    }
    await drop(page, 'my-tokenizer.json', JSON.stringify(tokenizer))
    await card(page, 'my-tokenizer.json').waitFor()
    await type(page, 'hello world there')
    await expectIds(page, 'my-tokenizer.json', [1, 2, 0])
  })

  it('loads a dropped rank file of a known encoding', async () => {
    const lines: string[] = []
    for (const line of cl100k.bpe_ranks.split('\n')) {
      const [, first, ...tokens] = line.split(' ')
      tokens.forEach((token, i) => lines.push(`${token} ${Number(first) + i}`))
    }
    const { page } = await studio.open('/?with=o200k_base')
    await drop(page, 'cl100k_base.tiktoken', lines.join('\n') + '\n')
    await card(page, 'cl100k_base.tiktoken').waitFor()
    await type(page, 'Rank files know no pattern, 12345')
    await expectIds(page, 'cl100k_base.tiktoken', encodeCl100k('Rank files know no pattern, 12345'))
  })

  it('names the code, the file and the place when a tokenizer.json is broken', async () => {
    const { page } = await studio.open('/?with=o200k_base')
    await type(page, 'still here')
    await drop(page, 'tokenizer.json', '{"model": {"type": "BPE", "vocab": ')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.innerText()).toMatch(/FORMAT_INVALID[\s\S]*tokenizer\.json[\s\S]*byte \d+/)
    await eventually(() => counted(page, 'o200k_base').innerText()).toBe('2')
    await alert.getByRole('button', { name: 'Tokenize this file as text instead' }).click()
    await eventually(() => page.getByLabel('Text to tokenize').inputValue()).toContain('"BPE"')
  })
})

describe('10 MB', () => {
  it('keeps answering, with a bounded number of elements, and can be cancelled', async () => {
    const { page, errors } = await studio.open('/?with=o200k_base,qwen3')
    await eventually(() => counted(page, 'o200k_base').count()).toBe(1)
    // Frames that come are input that is answered: a page that computes draws none meanwhile.
    await page.evaluate(`(() => {
      window.longest = 0
      let last = performance.now()
      const frame = (now) => {
        window.longest = Math.max(window.longest, now - last)
        last = now
        requestAnimationFrame(frame)
      }
      requestAnimationFrame(frame)
      const lines = []
      let seed = 1
      for (let bytes = 0; bytes < 10e6; ) {
        seed = (seed * 1103515245 + 12345) % 2147483648
        const line = 'Line ' + lines.length + ': the value is ' + seed + ' and naïve text ' + seed.toString(36)
        lines.push(line)
        bytes += line.length + 2
      }
      window.text = lines.join('\\n')
    })()`)
    const dropText = `(() => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([window.text], 'ten.txt'))
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
    })()`
    await page.evaluate('window.longest = 0')
    await page.evaluate(dropText)
    const cancel = card(page, 'qwen3').getByRole('button', { name: 'Cancel' })
    await cancel.click()
    await card(page, 'qwen3').getByText('CANCELLED', { exact: true }).waitFor()

    await page.evaluate(dropText)
    for (const name of ['o200k_base', 'qwen3']) {
      await eventually(() => counted(page, name).innerText()).toMatch(/^\d,\d{3},\d{3}/)
    }
    await page.getByTestId('differences').waitFor({ timeout: 60_000 })
    const elements = (): Promise<number> => page.evaluate(`document.querySelectorAll('*').length`)
    expect(await elements()).toBeLessThan(6000)

    const list = tokens(page, 'o200k_base')
    await list.focus()
    await page.keyboard.press('End')
    const last = await page.evaluate<number>(`new TextEncoder().encode(window.text).length`)
    await eventually(() => inspector(page, 'byte-offsets').innerText()).toMatch(
      new RegExp(`–${last.toLocaleString('en')}$`),
    )
    expect(await list.getByRole('option', { selected: true }).count()).toBe(1)
    expect(await elements()).toBeLessThan(6000)
    // Not a speed: a page that tokenized by itself would stand still for many times this.
    expect(await page.evaluate<number>('window.longest')).toBeLessThan(5000)
    expect(errors).toEqual([])
  })
})

describe('chat', () => {
  it('renders the conversation by the tokenizer’s own template', async () => {
    const { page } = await studio.open('/?with=qwen3')
    await page.getByRole('button', { name: 'Chat' }).click()
    await page.getByRole('textbox', { name: 'Message 2' }).fill('Why tiles?')
    await eventually(async () =>
      (await tokens(page, 'qwen3').getByRole('option').allTextContents()).join(''),
    ).toContain('<|im_start|>user↵Why tiles?<|im_end|>↵')
  })

  it('shows what is wrong with a template, and runs a corrected one', async () => {
    const { page } = await studio.open('/?with=qwen3')
    await page.getByRole('button', { name: 'Chat' }).click()
    await page.getByText('Chat template of qwen3').click()
    const template = page.getByLabel('Chat template of qwen3 (Jinja)')
    await template.fill('{% for message in %}')
    await card(page, 'qwen3').getByText('TEMPLATE_INVALID').waitFor()
    await template.fill('{{ messages[0].role }}')
    await eventually(() => tokens(page, 'qwen3').getByRole('option').allTextContents()).toEqual(['system'])
  })
})
