// The promise that no pattern and no text make matching worse than linear, by counting steps.
import { describe, expect, it } from 'vitest'
import { compilePattern } from './index.ts'

const a = (n: number) => 'a'.repeat(n)
const ab = (n: number) => 'ab'.repeat(n / 2)

const CASES: [pattern: string, text: (n: number) => string][] = [
  ['(a+)+$', (n) => a(n) + 'b'],
  ['(a|a)*b', a],
  ['(.*)*x', a],
  ['(a*)*(b*)*c', ab],
  ['(?:(?:a*)*)*$', (n) => a(n) + 'b'],
  ['(?:a|ab)*(?:c|bcd)', ab],
  ['(?:a?){30}a{30}', a],
  ['\\s+(?!\\S)|\\s+', (n) => ' '.repeat(n) + 'x'],
  ['\\s+$|\\s', (n) => ' '.repeat(n) + 'x'],
  ['\\s*[\\r\\n]+|\\s', (n) => ' '.repeat(n) + 'x'],
  ['(?=\\s*x)\\s|\\s+', (n) => ' '.repeat(n) + 'x'],
  ['[^x]*y|[^x]*z|.', ab],
  ['.*?x|.', a],
  ['(?:ab)*c|.', ab],
  ['(?=(?=.*x).*y)a', a],
  ['(?=.*(?=.*x))a', (n) => a(n) + 'x'],
  ['(?!.*x)a', (n) => a(n) + 'x'],
  ['(?=(?:a|b)*x)a', (n) => ab(n) + 'x'],
  ['(?:(?=a*b)a)*c', (n) => a(n) + 'b'],
  ['(?>a+)b|a', a],
  ['(?>(?:a|b)+)x|a', ab],
  ['(?=(?>.*)x|.*)a', a],
  ['a++b|a', a],
  ['(?<=a+)b|a', a],
  ['(?<=b.*)a', a],
  ['(?<=(?:a|b)*x.*)a', a],
  ['(?<!(?:ab?)+c)b', ab],
]

describe.each(['huggingface', 'tiktoken'] as const)('%s', (reference) => {
  it.each(CASES)('%s', (source, text) => {
    const pattern = compilePattern(source, reference)
    const steps = (n: number) => {
      pattern.findAll(text(n), () => undefined)
      return pattern.steps
    }
    const small = steps(12_000)
    const large = steps(48_000)
    expect(large / small).toBeLessThan(4.4)
    expect(large).toBeLessThan(48_000 * 60)
  })

  it('200,000 spaces before a letter cost one pass', () => {
    const pattern = compilePattern('\\s+(?!\\S)|\\s+', reference)
    let found = 0
    pattern.findAll(' '.repeat(200_000) + 'x', () => found++)
    expect(found).toBe(2)
    expect(pattern.steps).toBeLessThan(250_000)
  })
})
