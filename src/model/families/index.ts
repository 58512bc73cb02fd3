// The families that there are. Adding one = a file beside this one, and a line here.
import { TesseraError } from '../../core/index.ts'
import type { Family } from './family.ts'
import { bert } from './bert.ts'
import { gpt2 } from './gpt2.ts'
import { llama } from './llama.ts'
import { t5 } from './t5.ts'

const FAMILIES: readonly Family[] = [llama, gpt2, bert, t5]

/** The family of a config.json. Throws FORMAT_UNSUPPORTED with the architectures that there are. */
export function familyOf(json: Readonly<Record<string, unknown>>): Family {
  const [architecture] = Array.isArray(json.architectures) ? (json.architectures as unknown[]) : []
  const family = FAMILIES.find((one) => one.architectures.includes(String(architecture)))
  if (!family) {
    throw new TesseraError(
      'FORMAT_UNSUPPORTED',
      `Models of the architecture ${JSON.stringify(architecture ?? null)}`,
      {
        where: 'config.json architectures',
        hint: `There are: ${FAMILIES.flatMap((one) => one.architectures).join(', ')}`,
      },
    )
  }
  return family
}
