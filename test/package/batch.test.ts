// Batches over worker threads, through the built package: threads are JavaScript files of it.
import { expect, it } from 'vitest'
import { hostileStrings } from '../conformance/hostile.ts'

const built = new URL('../../dist/tokenizer/index.js', import.meta.url).href
const { loadTokenizer } = (await import(built)) as typeof import('../../src/tokenizer/index.ts')
const threads = new URL('../../dist/tokenizer/batch/pool.js', import.meta.url).href
const { Pool } = (await import(threads)) as typeof import('../../src/tokenizer/batch/pool.ts')

const texts = hostileStrings(31, 3000)

it('gives the ids of encode, in order, whatever the number of threads', async () => {
  for (const name of ['o200k_base', 'qwen3']) {
    const tokenizer = await loadTokenizer(name)
    const expected = texts.map((text) => tokenizer.encode(text).join())
    for (const threads of [1, 2, 3]) {
      const rows = await tokenizer.encodeBatch(texts, { threads })
      expect(rows.map((row) => row.join())).toEqual(expected)
    }
  }
})

it('has threads that give the ids of encode by themselves, and its errors', async () => {
  const tokenizer = await loadTokenizer('o200k_base')
  const pool = new Pool(tokenizer.spec)
  const [thread] = pool.borrow(1)
  await thread!.ready
  const [rows, refused] = await Promise.allSettled([
    thread!.run(texts, {}),
    thread!.run(['a<|endoftext|>'], { specials: 'refuse' }),
  ])
  expect(rows).toMatchObject({ status: 'fulfilled' })
  expect((rows as PromiseFulfilledResult<Uint32Array[]>).value.map((row) => row.join())).toEqual(
    texts.map((text) => tokenizer.encode(text).join()),
  )
  expect(refused).toMatchObject({ reason: { code: 'SPECIAL_TOKEN_REFUSED' } })
  // With the threads of a tokenizer up, all take part in its batches.
  const many = Array.from({ length: 400 }, (_, i) => `${i} ${texts[i]}`)
  const expected = many.map((text) => tokenizer.encode(text).join())
  for (let round = 0; round < 40; round++) {
    const batch = await tokenizer.encodeBatch(many, { threads: 3 })
    expect(batch.map((row) => row.join())).toEqual(expected)
  }
  thread!.end()
  pool.giveBack()
})

it('takes the options of encode and throws its errors', async () => {
  const tokenizer = await loadTokenizer('o200k_base')
  const [row] = await tokenizer.encodeBatch(['a<|endoftext|>', 'b'], { threads: 2, specials: 'parse' })
  expect([...row!]).toContain(199999)
  await expect(
    tokenizer.encodeBatch(['fine', 'a<|endoftext|>'], { threads: 2, specials: 'refuse' }),
  ).rejects.toMatchObject({ code: 'SPECIAL_TOKEN_REFUSED' })
  await expect(tokenizer.encodeBatch(['a'], { threads: 0 })).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
  })
  expect(await tokenizer.encodeBatch([])).toEqual([])
})

it('can be cancelled', async () => {
  const tokenizer = await loadTokenizer('o200k_base')
  const cancel = new AbortController()
  const many = Array.from({ length: 40 }, () => texts.join(' '))
  const batch = tokenizer.encodeBatch(many, { threads: 2, signal: cancel.signal })
  setTimeout(() => cancel.abort(), 20)
  await expect(batch).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(await tokenizer.encodeBatch(['still works'], { threads: 2 })).toHaveLength(1)
})
