// Identical ids to Hugging Face tokenizers: the cl100k and GPT-2 patterns, NFC and NFKC.
import { compareModel } from './huggingface.ts'

compareModel('llama3', true)
compareModel('qwen3', false)
compareModel('claude', false)
