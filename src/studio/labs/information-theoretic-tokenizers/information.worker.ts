// The lab's worker: one text through several tokenizers, measured.
import { measure, transformSizes } from '../../../measure/index.ts'
import { loadTokenizer, type Tokenizer } from '../../../tokenizer/index.ts'
import { answerCalls } from '../../worker/calls.ts'
import { VOCABULARIES } from '../../worker/vocabularies.ts'
import type { InformationCalls, Measured } from './protocol.ts'

const loaded = new Map<string, Promise<Tokenizer>>()

function tokenizer(name: string): Promise<Tokenizer> {
  let found = loaded.get(name)
  if (!found) {
    found = loadTokenizer(name, { base: VOCABULARIES })
    found.catch(() => loaded.delete(name))
    loaded.set(name, found)
  }
  return found
}

answerCalls<InformationCalls>({
  async measure({ text, tokenizers }, progress) {
    const found: Measured[] = []
    for (const [i, name] of tokenizers.entries()) {
      const one = await tokenizer(name)
      const measurement = await measure(one, [text], { seed: 1 })
      progress((i + 0.6) / tokenizers.length)
      found.push({ measurement, transform: await transformSizes(one, () => [text]) })
      progress((i + 1) / tokenizers.length)
    }
    return found
  },
})
