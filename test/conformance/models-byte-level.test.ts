// Identical ids to Hugging Face tokenizers: byte-level vocabularies under the o200k and DeepSeek patterns.
import { compareModel } from './huggingface.ts'

compareModel('gptoss', true)
compareModel('gpt4o', true)
compareModel('deepseek_v3', true)
