// Pre-tokenization's door: see compile.ts.
export { compilePreTokenizer, needsSource } from './compile.ts'
