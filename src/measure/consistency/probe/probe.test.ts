// The probe against a scripted model on this machine: for each of the eight types of phantom edits it answers with ids
// that show it, and it replaces, keeps and garbles words when it is told to.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../../core/index.ts'
import { loadTokenizer, type Tokenizer } from '../../../tokenizer/index.ts'
import { ARTIFACTS } from '../classify.ts'
import { answerOf, chatEndpoint } from './endpoint.ts'
import { PROBE_OUTCOMES, probeModel } from './probe.ts'
import { align, bracketed, chooseTargets, wordsOf } from './slots.ts'
import { wilson } from './wilson.ts'

/** Each word, and the tokens that come back in its place, blanks included. */
const BEHAVIOURS: Record<string, string[]> = {
  February: ['February'],
  Saturday: [' ', ' Saturday'],
  However: ['\n', 'However'],
  monkey: ['mon', 'key'],
  Johnson: ['John', 'son'],
  repaid: ['re', 'paid'],
  HIV: ['H', 'IV'],
  rights: ['right', 's'],
}
const TEXT = Object.keys(BEHAVIOURS)
  .map((word) => `and then; ${word} was of the; so`)
  .join(' ')

type Script = (word: string) => string[] | string
let tokenizer: Tokenizer
let server: Server
let url: string
let script: Script = (word) => BEHAVIOURS[word]!
let mode: 'ids' | 'logprobs' | 'text' | 'broken' | 'slow' | 'status' = 'ids'

const idsOf = (tokens: readonly string[]) =>
  tokens.map((token) => {
    const id = tokenizer.spec.model.vocab.idOf(new TextEncoder().encode(token))
    if (id < 0) throw new Error(`No token ${JSON.stringify(token)}`)
    return id
  })

/** The text behind the prompt's first blank line, with every bracketed word as the script has it. */
function reply(prompt: string): { text: string; ids: number[] } {
  const marked = prompt.slice(prompt.indexOf('\n\n') + 2)
  const ids: number[] = []
  let from = 0
  for (const match of marked.matchAll(/( ?)\[([^\]]+)\]/g)) {
    ids.push(...tokenizer.encode(marked.slice(from, match.index)))
    const given = script(match[2]!)
    ids.push(...(typeof given === 'string' ? tokenizer.encode(`${match[1]}${given}`) : idsOf(given)))
    from = match.index + match[0].length
  }
  ids.push(...tokenizer.encode(marked.slice(from)))
  return { text: tokenizer.decode(ids), ids }
}

beforeAll(async () => {
  tokenizer = await loadTokenizer('gpt2')
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      if (mode === 'slow') return
      if (mode === 'status') {
        response.writeHead(503).end('overloaded')
        return
      }
      const { messages } = JSON.parse(body) as { messages: { content: string }[] }
      const { text, ids } = reply(messages[0]!.content)
      const choice = {
        message: { content: text },
        ...(mode === 'ids' && { token_ids: ids }),
        ...(mode === 'logprobs' && {
          logprobs: { content: ids.map((id) => ({ bytes: [...tokenizer.spec.model.vocab.bytesOf(id)] })) },
        }),
      }
      response.end(mode === 'broken' ? '{"choices":' : JSON.stringify({ choices: [choice] }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const endpoint = (timeout?: number) => chatEndpoint({ url, model: 'scripted', tokenizer, timeout })
const texts = [{ name: 'text', text: TEXT }]

describe('a model that answers in other ids', () => {
  test.each(['ids', 'logprobs'] as const)('shows every type of phantom edit (%s)', async (given) => {
    mode = given
    script = (word) => BEHAVIOURS[word]!
    const report = await probeModel(endpoint(), tokenizer, texts, { trials: 120 })
    expect(report.shares.phantom.count).toBe(report.trials)
    for (const { type } of ARTIFACTS) expect(report.types[type]).toBeGreaterThan(0)
    expect(report.transitions.reduce((sum, { count }) => sum + count, 0)).toBe(report.trials)
    expect(report.idsFrom[given === 'ids' ? 'token ids' : 'log-probabilities']).toBe(report.texts)
    expect(report.surfaceUnchanged).toBe(report.trials)
    for (const { before, after, word } of report.phantoms) {
      expect(before).not.toEqual(after)
      expect(tokenizer.decode(after).trim()).toBe(word)
    }
  })

  test('without ids in its answer no phantom edit can show, and the report says so', async () => {
    mode = 'text'
    const report = await probeModel(endpoint(), tokenizer, texts, { trials: 10 })
    expect(report.idsFrom['re-encoding']).toBe(report.texts)
  })
})

describe('the other outcomes', () => {
  test('replaced, unchanged and broken', async () => {
    mode = 'ids'
    script = () => 'elephants'
    expect((await probeModel(endpoint(), tokenizer, texts, { trials: 16 })).shares.replaced.share).toBe(1)
    script = (word) => word
    expect((await probeModel(endpoint(), tokenizer, texts, { trials: 16 })).shares.unchanged.share).toBe(1)
    script = (word) => `${word} unasked additions`
    expect((await probeModel(endpoint(), tokenizer, texts, { trials: 16 })).shares.replaced.share).toBe(1)
    const silent = {
      answer: async () => ({ text: '', ids: new Uint32Array(0), idsFrom: 'token ids' as const }),
    }
    const report = await probeModel(silent, tokenizer, texts, { trials: 16 })
    expect(report.shares.broken.share).toBe(1)
  })

  test('every trial has one of them, whatever comes back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), async (text) => {
        const ids = tokenizer.encode(text)
        const odd = { answer: async () => ({ text, ids, idsFrom: 'token ids' as const }) }
        const { shares, trials } = await probeModel(odd, tokenizer, texts, { trials: 3 })
        expect(PROBE_OUTCOMES.reduce((sum, outcome) => sum + shares[outcome].count, 0)).toBe(trials)
      }),
      { numRuns: 50 },
    )
  })

  test('texts of stop words alone end the probe', async () => {
    const report = await probeModel(endpoint(), tokenizer, [{ name: 'x', text: 'and then it was of the' }])
    expect(report).toMatchObject({ trials: 0 })
  })
})

describe('endpoints that fail', () => {
  test('say why', async () => {
    const asked = (timeout?: number) => probeModel(endpoint(timeout), tokenizer, texts, { trials: 1 })
    mode = 'broken'
    await expect(asked()).rejects.toMatchObject({
      code: 'ENDPOINT_FAILED',
      message: expect.stringContaining('not JSON'),
    })
    mode = 'status'
    await expect(asked()).rejects.toMatchObject({ message: expect.stringContaining('503: overloaded') })
    mode = 'slow'
    await expect(asked(50)).rejects.toMatchObject({ message: expect.stringContaining('no answer within') })
    await expect(
      probeModel(chatEndpoint({ url: 'http://127.0.0.1:9/v1', model: 'm', tokenizer }), tokenizer, texts),
    ).rejects.toMatchObject({ code: 'ENDPOINT_FAILED' })
    expect(() => chatEndpoint({ url: 'file:///etc', model: 'm', tokenizer })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })

  test('odd answers are refused or read as text', () => {
    for (const body of ['null', '{}', '{"choices":[]}', '{"choices":[{"message":{"content":1}}]}']) {
      expect(() => answerOf(body, tokenizer, url)).toThrow(
        expect.objectContaining({ code: 'ENDPOINT_FAILED' }),
      )
    }
    const of = (choice: object) =>
      answerOf(JSON.stringify({ choices: [{ message: { content: 'a b' }, ...choice }] }), tokenizer, url)
    for (const choice of [
      { token_ids: [1e9] },
      { token_ids: ['1'] },
      { token_ids: [0] },
      { logprobs: { content: [{ bytes: [300] }] } },
      { logprobs: { content: 'x' } },
    ]) {
      expect(of(choice).idsFrom).toBe('re-encoding')
    }
  })
})

describe('slots', () => {
  test('targets are apart, no stop words, and the brackets come off again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('the', 'Whale', 'sea', 'of', 'ships'), { minLength: 3 }),
        fc.nat(),
        (list, seed) => {
          const text = list.join(' ')
          const words = wordsOf(text)
          const targets = chooseTargets(words, new Random(seed))
          for (const [i, target] of targets.entries()) {
            expect(['the', 'of']).not.toContain(words[target]!.text)
            if (i > 0) expect(target - targets[i - 1]!).toBeGreaterThan(1)
          }
          expect(bracketed(text, words, targets).replaceAll(/[[\]]/g, '')).toBe(text)
        },
      ),
    )
  })

  test('the alignment is a longest common subsequence', () => {
    const word = fc.constantFrom('a', 'b', 'c')
    const longest = (a: string[], b: string[]): number => {
      if (a.length === 0 || b.length === 0) return 0
      if (a[0] === b[0]) return 1 + longest(a.slice(1), b.slice(1))
      return Math.max(longest(a.slice(1), b), longest(a, b.slice(1)))
    }
    fc.assert(
      fc.property(fc.array(word, { maxLength: 7 }), fc.array(word, { maxLength: 7 }), (a, b) => {
        const aligned = [...align(a, b)].flatMap((j, i) => (j < 0 ? [] : [[i, j] as const]))
        expect(aligned).toHaveLength(longest(a, b))
        for (const [n, [i, j]] of aligned.entries()) {
          expect(a[i]).toBe(b[j])
          if (n > 0) expect(j).toBeGreaterThan(aligned[n - 1]![1])
        }
      }),
    )
  })

  test('Wilson: a known value, and never outside of 0 to 1', () => {
    const { low, high } = wilson(10, 100)
    expect([low, high].map((x) => Number(x.toFixed(4)))).toEqual([0.0552, 0.1744])
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), (count, more) => {
        const { low, share, high } = wilson(count, count + more)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(low).toBeLessThanOrEqual(share)
        expect(share).toBeLessThanOrEqual(high)
        expect(high).toBeLessThanOrEqual(1)
      }),
    )
  })
})
