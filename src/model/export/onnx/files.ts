// The JSON files beside an exported graph, as transformers.js reads them.
import type { Tokenizer } from '../../../tokenizer/index.ts'
import { writeTokenizerJson } from '../../../tokenizer/index.ts'
import type { DecoderConfig } from '../../config.ts'
import type { Family } from '../../families/family.ts'

/** `external`: how many data files each graph with weights outside of it has. */
export function configFile(
  family: Family,
  config: DecoderConfig,
  external: Readonly<Record<string, number>>,
): string {
  const settings =
    Object.keys(external).length > 0
      ? { 'transformers.js_config': { use_external_data_format: external } }
      : {}
  return json({ ...family.configJson(config), ...settings })
}

export function generationConfigFile(config: DecoderConfig): string {
  const { bos, eos, seq2seq } = config
  return json({
    ...(bos !== null && { bos_token_id: bos }),
    ...(eos.length > 0 && { eos_token_id: eos.length === 1 ? eos[0] : eos }),
    ...(seq2seq && { pad_token_id: seq2seq.pad, decoder_start_token_id: seq2seq.start }),
  })
}

/** tokenizer.json, and what Hugging Face keeps beside it. */
export function tokenizerFiles(
  { spec }: Tokenizer,
  { family, maxPositions, seq2seq }: DecoderConfig,
): Record<string, string> {
  const { namedTokens, chatTemplate } = spec
  return {
    'tokenizer.json': writeTokenizerJson(spec),
    'tokenizer_config.json': json({
      // transformers.js has classes of its own for what a family does besides tokenizer.json.
      tokenizer_class: family === 'bert' ? 'BertTokenizer' : 'PreTrainedTokenizerFast',
      ...namedTokens,
      ...(chatTemplate !== null && { chat_template: chatTemplate }),
      ...(!seq2seq && { model_max_length: maxPositions }),
      clean_up_tokenization_spaces: false,
    }),
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
