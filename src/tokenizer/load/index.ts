// Finding and loading tokenizers by name, path, package, URL or bytes.
export {
  resolveTokenizer,
  shippedFile,
  type ResolveOptions,
  type ShippedOptions,
  type TokenizerSource,
} from './resolve.ts'
export { builtinTokenizers, type BuiltinTokenizer } from './builtins.ts'
