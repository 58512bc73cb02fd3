// Drawings as tokens on the command line: there and back, what is left out, and segments of one's own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { output, temporaryFolder, tessera } from './command.ts'

const folder = temporaryFolder()
const SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M4 4h16v16H4z"/></svg>'
const BAD =
  '<svg viewBox="0 0 9 9" onload="x()"><script>1</script><text>a</text><path stroke="red" d="M0 0l900 5"/></svg>'

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

interface Encoded {
  ids: number[]
  canvas: number
  segments: string
  base: string
  vocabSize: number
  notes: { kind: string; what: string; count: number }[]
}

describe('svg encode and decode', () => {
  test.each([
    [[]],
    [['--canvas', '784']],
    [['--canvas', '100', '--segments', 'none']],
    [['--base', 'r50k_base']],
  ])('there and back is the canonical drawing, with %j', async (words) => {
    const canonical = await output(['svg', 'encode', '--canonical', ...words], SQUARE)
    const json = await output(['svg', 'encode', '--json', ...words], SQUARE)
    expect(await output(['svg', 'decode'], json)).toBe(canonical)
    const ids = await output(['svg', 'encode', ...words], SQUARE)
    expect((JSON.parse(json) as Encoded).ids.join(' ')).toBe(ids.trim())
    expect(await output(['svg', 'decode', ...words], ids)).toBe(canonical)
    // Tokenised again: the same tokens.
    expect(await output(['svg', 'encode', ...words], canonical)).toBe(ids)
  })

  test('a file, its steps, and fewer tokens with segments', async () => {
    const path = file('square.svg', SQUARE)
    const steps = (await output(['svg', 'encode', '--steps', '--segments', 'none', path])).trim().split('\n')
    expect(steps.map((line) => line.split('\t').slice(2).join(' '))).toEqual([
      'open <svg>',
      'open <path>',
      'command M 37 37',
      'command h 150',
      'command v 150',
      'command h -150',
      'command z',
      'close </path>',
      'close </svg>',
    ])
    const atomic = JSON.parse(
      await output(['svg', 'encode', '--json', '--segments', 'none', path]),
    ) as Encoded
    const short = JSON.parse(await output(['svg', 'encode', '--json', path])) as Encoded
    expect(atomic.vocabSize).toBe(256 + 770)
    expect(short.vocabSize).toBe(256 + 770 + 500)
    expect(short.ids.length).toBeLessThan(atomic.ids.length)
  })

  test('what is left out is said, on stderr or in JSON', async () => {
    const { stdout, stderr, code } = await tessera(['svg', 'encode', '--canonical'], BAD)
    expect(code).toBe(0)
    expect(stdout).not.toMatch(/script|onload|text/)
    expect(stderr.trim().split('\n')).toEqual(
      expect.arrayContaining(['refused: event handler', 'refused: script', 'dropped: <text>']),
    )
    expect(stderr).toMatch(/clamped: coordinates out of range/)
    const { notes } = JSON.parse(await output(['svg', 'encode', '--json'], BAD)) as Encoded
    expect(notes).toContainEqual({ kind: 'refused', what: 'script', count: 1 })
  })

  test('ids of a model: refused, or as much as is a drawing', async () => {
    const { ids } = JSON.parse(await output(['svg', 'encode', '--json'], SQUARE)) as Encoded
    const cut = ids.slice(0, -2).join(' ')
    expect(await tessera(['svg', 'decode'], cut)).toMatchObject({ code: 1, stdout: '' })
    const lenient = await tessera(['svg', 'decode', '--lenient'], cut)
    expect(lenient).toMatchObject({ code: 0 })
    expect(lenient.stdout).toContain('d="M37 37h150v150h-150z"')
    expect(lenient.stderr).toContain('left out: ')
    const json = JSON.parse(await output(['svg', 'decode', '--lenient', '--json'], cut)) as {
      problems: string[]
    }
    expect(json.problems.length).toBeGreaterThan(0)
  })

  test.each([
    ['<svg', 'FORMAT_INVALID'],
    ['<html/>', 'FORMAT_UNSUPPORTED'],
    ['', 'FORMAT_INVALID'],
  ])('%j is no drawing', async (text, code) => {
    expect(await tessera(['svg', 'encode'], text)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(code) as string,
    })
  })
})

describe('svg train', () => {
  test('segments of one’s own, from a folder, the same each time; broken files are listed', async () => {
    const icons = join(folder, 'icons', 'deep')
    mkdirSync(icons, { recursive: true })
    for (let i = 0; i < 9; i++) {
      writeFileSync(join(icons, `${i}.svg`), `<svg viewBox="0 0 64 64"><path d="M${i} 4h16v16h-16z"/></svg>`)
    }
    writeFileSync(join(icons, 'broken.svg'), '<svg')
    writeFileSync(join(icons, 'notes.txt'), 'no drawing')
    const made = join(folder, 'segments.json')
    const words = ['svg', 'train', join(folder, 'icons'), '-o', made, '--canvas', '64', '-m', '20']
    const report = JSON.parse(await output([...words, '--json'])) as Record<string, unknown>
    expect(report).toMatchObject({ file: made, canvas: 64, files: 9, paths: 9, commands: 45 })
    expect(report.skipped).toMatchObject([{ file: join(icons, 'broken.svg') }])
    const saved = readFileSync(made, 'utf8')
    expect(saved).toContain('"h 16 v 16 h -16 z"')
    const { stderr } = await tessera(words)
    expect(stderr).toMatch(/segments for canvas 64, from 45 commands of 9 files\n/)
    expect(stderr).toContain('Nothing else is frequent enough')
    expect(stderr).toMatch(/left out: .*broken\.svg/)
    expect(readFileSync(made, 'utf8')).toBe(saved)

    const drawing = '<svg viewBox="0 0 64 64"><path d="M40 20h16v16h-16z"/></svg>'
    const ids = (await output(['svg', 'encode', '--segments', made], drawing)).trim().split(' ')
    // <svg> <path> M x y, one segment, </path> </svg>.
    expect(ids).toHaveLength(8)
    const canonical = await output(['svg', 'encode', '--segments', made, '--canonical'], drawing)
    expect(await output(['svg', 'decode', '--segments', made, ...ids])).toBe(canonical)
    expect(await tessera(['svg', 'encode', '--segments', made, '--canvas', '224'], SQUARE)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('another canvas') as string,
    })
  })

  test('without anything to learn from nothing is written', async () => {
    const made = join(folder, 'none.json')
    const empty = file('empty.svg', '<svg viewBox="0 0 9 9"/>')
    expect(await tessera(['svg', 'train', empty, '-o', made])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('TRAINING_IMPOSSIBLE') as string,
    })
    expect(() => readFileSync(made)).toThrow('ENOENT')
  })
})
