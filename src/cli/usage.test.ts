// Mistakes in the command line itself, each refused before anything is read or written.
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runCli } from './run.ts'

test.each([
  [['nonsense'], 'Unknown command'],
  [['constructor'], 'Unknown command'],
  [['papers', '__proto__'], 'Unknown command'],
  [['encode', '--nonsense', 'x'], 'Unknown option --nonsense'],
  [['encode', '--jsn', 'x'], 'Unknown option'],
  [['encode', '--no-json', 'x'], 'Unknown option'],
  [['encode', '-x'], 'Unknown option -x'],
  [['encode', '--tokenizer'], 'needs a value'],
  [['encode', '--tokenizer=', 'x'], 'needs a value'],
  [['encode', '-t', 'a', '--tokenizer', 'b', 'x'], 'given twice'],
  [['encode', '--specials', 'maybe', 'x'], 'one of'],
  [['encode', '--bytes=yes', 'x'], 'takes no value'],
  [['encode', '--file', 'a', 'words'], 'not both'],
  [['encode', '--max-length', '-1', 'x'], 'needs a value'],
  [['encode', '--max-length', '1e3', 'x'], 'whole number'],
  [['count', '--limit', 'many'], 'whole number'],
  [['decode', 'abc'], 'Not a token id'],
  [['decode', '[1, 2'], 'Not JSON'],
  [['decode', '{"tokens": []}'], 'no list'],
  [['decode', 'null'], 'Not a token id'],
  [['decode', '99999999999'], 'Not a token id'],
  [['decode', '[1.5]'], 'Not a token id'],
  [['convert', 'o200k_base'], 'Name the tokenizer'],
  [['convert', 'o200k_base', 'out.xyz'], 'says no format'],
  [['train'], '--output'],
  [['model'], 'Name one model'],
  [['model', 'a', 'b'], 'Name one model'],
  [['export', 'tessera-lm'], 'Name the model and where it goes'],
  [['export', 'tessera-lm', 'out'], 'says no format'],
  [['export', 'tessera-lm', 'out', '--to', 'pickle'], 'one of'],
  [['export', 'tessera-lm', 'out.gguf', '--dtype', 'bf16'], 'f16, f32, q8_0, q4_0; got bf16'],
  [['export', 'tessera-lm', 'out.gguf', '--shard-size', '5'], 'is for safetensors'],
  [['svg', 'draw'], 'Unknown command'],
  [['svg', 'encode', 'a.svg', 'b.svg'], 'one file'],
  [['svg', 'encode', '--steps', '--json', 'a.svg'], 'exclude each other'],
  [['svg', 'encode', '--canvas', '100', 'a.svg'], 'No segments ship for canvas 100'],
  [['svg', 'encode', '--canvas', '5', '--segments', 'none', 'a.svg'], 'Not a canvas'],
  [['svg', 'decode', '{"ids": [1], "segments": "/etc/passwd"}'], 'made with --segments /etc/passwd'],
  [['svg', 'decode', '{"ids": [1], "base": "some-package"}'], 'made with --base some-package'],
  [['svg', 'decode', '--file', 'a', '1'], 'not both'],
  [['svg', 'train', 'icons'], '--output'],
  [['svg', 'train', '-o', 'x.json'], 'Name files'],
  [['svg', 'train', '-o', 'x.json', '-m', 'many', 'icons'], 'whole number'],
  [['papers', 'show'], 'slug'],
  [['studio', 'here'], 'takes no arguments'],
  [['studio', '--no-open', '--port', '70000'], 'port'],
])('%j', async (words, message) => {
  await expect(runCli(words)).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    message: expect.stringContaining(message) as string,
  })
})

test('every command has a help page with examples', async () => {
  const written: string[] = []
  const write = process.stdout.write
  process.stdout.write = ((text: string) => written.push(text) > 0) as typeof write
  try {
    const commands = readdirSync(new URL('./commands/', import.meta.url)).map((file) =>
      file.replace('.ts', ''),
    )
    expect(commands.length).toBeGreaterThan(7)
    for (const command of commands) {
      const verbs: Record<string, string[]> = {
        papers: ['list', 'show', 'run'],
        svg: ['encode', 'decode', 'train'],
      }
      const pages = verbs[command]?.map((word) => [command, word]) ?? [[command]]
      for (const words of pages) {
        written.length = 0
        await runCli([...words, '--help'])
        const page = written.join('')
        expect(page).toContain(`Usage: ${['tessera', ...words].join(' ')} `)
        expect(page).toMatch(/Examples:\n {2}# .+\n {2}.*tessera /)
        for (const line of page.split('\n')) expect(line.length).toBeLessThanOrEqual(110)
      }
    }
  } finally {
    process.stdout.write = write
  }
})
