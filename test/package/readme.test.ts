// README is true: its library examples print what their comments say, its commands print what is shown
// below them, and its table of papers is the registry's.
// - ts blocks: each `console.log(…) // text` must print that text;
// - sh blocks: lines after `$ npx tessera …` are that command's exact output (blocks without `$` are not run).
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { projectWithPackage, runModule } from './project.ts'

const readme = readFileSync('README.md', 'utf8')

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1]!,
  )
}

const { folder } = projectWithPackage()
copyFileSync('README.md', join(folder, 'README.md'))

describe('library examples', () => {
  test.each(blocks('ts').map((code) => [code.split('\n').find((line) => !line.startsWith('import'))!, code]))(
    '%s',
    (_, code) => {
      const expected = [...code.matchAll(/^\s*console\.log\(.*\)\s*\/\/ (.*)$/gm)].map((match) => match[1])
      expect(expected.length).toBe([...code.matchAll(/console\.log\(/g)].length)
      const { outputText } = ts.transpileModule(code, {
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      })
      expect(runModule(folder, outputText).trimEnd().split('\n')).toEqual(expected)
    },
  )
})

describe('commands', () => {
  const shown = blocks('sh').flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command, ...lines] = part.trimEnd().split('\n')
        return [command!, lines.join('\n')] as const
      }),
  )
  test.each(shown)('%s', (command, expected) => {
    expect(command).toMatch(/^(echo .* \| )?npx tessera /)
    const main = resolve('dist/cli/main.js')
    const script = command.replaceAll('npx tessera', `"${process.execPath}" "${main}"`)
    const out = execFileSync('bash', ['-c', script], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect(out.trimEnd()).toBe(expected)
  })
})

test('the table of papers is what the registry says', () => {
  execFileSync(process.execPath, ['scripts/status-table.mjs', '--check'], { stdio: 'pipe' })
})

test('links to files of the repository lead somewhere', () => {
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1]!)
  expect(links.filter((path) => !existsSync(path))).toEqual([])
})
