// The package as npm delivers it: what is in it, that it loads from its documented paths, that its types
// resolve, and that its command starts.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { projectWithPackage, runModule } from './project.ts'

const { folder, files } = projectWithPackage()
const paths = files.map(({ path }) => path)

test('holds what is used, and neither tests nor sources nor what the build leaves behind', () => {
  expect(paths).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'README.md',
      'package.json',
      'dist/cli/main.js',
      'dist/tokenizer/index.d.ts',
    ]),
  )
  const unwanted = paths.filter((path) =>
    /\.test\.|\/testing\/|\.map$|\/\.|^(src|test|bench|scripts)\//.test(path),
  )
  expect(unwanted).toEqual([])
})

test('every declared door exists', () => {
  const { exports, bin } = JSON.parse(
    readFileSync(join(folder, 'node_modules/tessera/package.json'), 'utf8'),
  ) as {
    exports: Record<string, string | Record<string, string>>
    bin: Record<string, string>
  }
  const doors = Object.values(exports).flatMap((door) =>
    typeof door === 'string' ? [door] : Object.values(door),
  )
  for (const door of [...doors, ...Object.values(bin)]) expect(paths).toContain(door.replace('./', ''))
})

test('each door loads in an empty project, and the tokenizer tokenizes', () => {
  const out = runModule(
    folder,
    `import { loadTokenizer } from 'tessera/tokenizer'
     import { TesseraError } from 'tessera/core'
     import { papers } from 'tessera/papers'
     await import('tessera/server')
     const tokenizer = await loadTokenizer('o200k_base')
     const ids = tokenizer.encode('Hello, world')
     const code = await loadTokenizer('nothing').catch((e) => e instanceof TesseraError && e.code)
     console.log(JSON.stringify([[...ids], tokenizer.decode(ids), code, papers.list().length]))`,
  )
  expect(JSON.parse(out)).toEqual([[13225, 11, 2375], 'Hello, world', 'TOKENIZER_NOT_FOUND', 34])
})

test('types resolve under strict settings, with and without the types of Node', { timeout: 240_000 }, () => {
  writeFileSync(
    join(folder, 'use.ts'),
    `import { loadTokenizer, trainBpe, type Tokenizer } from 'tessera/tokenizer'
     import { type TesseraError } from 'tessera/core'
     const tokenizer: Tokenizer = await loadTokenizer('o200k_base')
     const ids: Uint32Array = tokenizer.encode('text')
     const offsets: Uint32Array = tokenizer.encode('text', { offsets: true }).offsets
     // @ts-expect-error: no such policy
     tokenizer.encode('text', { specials: 'maybe' })
     export { ids, offsets, trainBpe, type TesseraError }`,
  )
  const check = (options: object) => {
    const compilerOptions = { noEmit: true, strict: true, module: 'nodenext', target: 'es2022', ...options }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }))
    try {
      execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc')], {
        cwd: folder,
        encoding: 'utf8',
      })
      return ''
    } catch (error) {
      return (error as { stdout: string }).stdout
    }
  }
  expect(check({ types: [], lib: ['es2022', 'dom'] })).toBe('')
  expect(check({ types: ['node'], typeRoots: [resolve('node_modules/@types')] })).toBe('')
})

test('the command starts from the package', () => {
  const main = join(folder, 'node_modules/tessera/dist/cli/main.js')
  expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  const out = execFileSync(process.execPath, [main, 'encode', 'Hello, world'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(out).toBe('13225 11 2375\n')
})
