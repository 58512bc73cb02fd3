import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readGroup } from './texts.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-texts-'))
afterAll(() => rmSync(folder, { recursive: true }))

it.each([
  ['lines', `${'a line of text\n'.repeat(99)}the last line\n`],
  ['one long line', 'no line end here, '.repeat(40)],
  ['one line and its end', `${'no other line end, '.repeat(40)}\n`],
  ['pairs of surrogates', '😀'.repeat(101)],
])('holds out the end of a single text: %s', async (_, text) => {
  const file = join(folder, 'text.txt')
  writeFileSync(file, text)
  const { group } = await readGroup([file], new AbortController().signal)
  const [train, heldOut] = [group.train.join(''), group.heldOut.join('')]
  expect(train + heldOut).toBe(text)
  expect(heldOut.trim()).not.toBe('')
  expect(heldOut.length / text.length).toBeLessThan(0.07)
  expect(train.isWellFormed() && heldOut.isWellFormed()).toBe(true)
})
