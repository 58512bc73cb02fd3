// What a model's bits per byte are measured against: general compressors on the same held-out text, and the
// tokenizer beside o200k_base.
import { spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { loadTokenizer, type Tokenizer } from '../../tokenizer/index.ts'

export interface Baselines {
  /** Bytes of the held-out text. */
  bytes: number
  /** Bits per byte of `gzip -9` over the text as one file. */
  gzip: number
  /** Of `xz -9`; null where there is no xz. */
  xz: number | null
  bytesPerToken: number
  bytesPerTokenO200k: number
}

export async function baselinesOf(texts: readonly string[], tokenizer: Tokenizer): Promise<Baselines> {
  const o200k = await loadTokenizer('o200k_base')
  const whole = Buffer.from(texts.join('\n'))
  const bits = (compressed: Uint8Array) => (8 * compressed.length) / whole.length
  const xz = spawnSync('xz', ['-9', '--stdout'], { input: whole, maxBuffer: 1 << 30 })
  const perToken = (one: Tokenizer) =>
    whole.length /
    texts.reduce((sum, text) => sum + one.count(text, { specials: 'text', template: false }), 0)
  return {
    bytes: whole.length,
    gzip: bits(gzipSync(whole, { level: 9 })),
    xz: xz.status === 0 ? bits(xz.stdout) : null,
    bytesPerToken: perToken(tokenizer),
    bytesPerTokenO200k: perToken(o200k),
  }
}
