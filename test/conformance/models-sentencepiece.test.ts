// Identical ids to Hugging Face tokenizers: vocabularies that came from SentencePiece.
import { compareModel } from './huggingface.ts'

compareModel('gemma3', false)
compareModel('llama2', false)
