import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { TesseraError } from '../core/index.ts'
import { figuresOf } from './experiment/readme.ts'
import { type ExperimentResult, papers } from './index.ts'

describe('the catalogue', () => {
  test('has 34 papers, each with everything a list shows', () => {
    const list = papers.list()
    expect(list).toHaveLength(34)
    expect(new Set(list.map((paper) => paper.slug)).size).toBe(34)
    for (const paper of list) {
      expect(paper.slug).toMatch(/^[a-z0-9-]+$/)
      expect(paper.title.length).toBeGreaterThan(10)
      expect(paper.year).toBeGreaterThanOrEqual(2022)
      if (paper.published) expect(Number(paper.published.slice(0, 4))).toBe(paper.year)
      expect(paper.summary).toMatch(/^[A-Z][^]{40,220}\.$/)
      expect(paper.alsoIn).not.toContain(paper.room)
    }
    const folders = readdirSync(new URL('.', import.meta.url)).filter((name) =>
      existsSync(new URL(`${name}/result.json`, import.meta.url)),
    )
    const running = list.filter((paper) => paper.state === 'runs').map((paper) => paper.slug)
    expect(running.toSorted()).toEqual(folders.toSorted())
  })

  test('details are plain data', async () => {
    const detail = await papers.detail('zett')
    expect(JSON.parse(JSON.stringify(detail))).toEqual(detail)
    expect(detail).toMatchObject({ slug: 'zett', state: 'not yet', result: null })
  })
})

describe('a paper by name', () => {
  const refused = (slug: string): TesseraError => {
    try {
      papers.get(slug)
    } catch (error) {
      return error as TesseraError
    }
    throw new Error('It was found')
  }

  test('names the nearest when there is none of that name', () => {
    expect(refused('binary-bp')).toMatchObject({ code: 'PAPER_NOT_FOUND' })
    expect(refused('binary-bp').hint).toContain('binary-bpe')
    expect(refused('tokenweaver').hint).toContain('tokenweave')
    expect(refused('graph kv').hint).toContain('graph-kv')
    expect(refused('x'.repeat(100_000)).message.length).toBeLessThan(300)
    for (const slug of ['', '__proto__', 'constructor', 'toString']) {
      expect(refused(slug).code).toBe('PAPER_NOT_FOUND')
    }
  })

  test('refuses to run what is only listed', async () => {
    await expect(papers.get('zett').run(new Uint8Array(1))).rejects.toMatchObject({
      code: 'PAPER_NOT_RUNNABLE',
    })
  })
})

describe('every result', () => {
  const running = papers.list().filter((paper) => paper.state === 'runs')

  test.each(running)('$slug has rows beside the paper, and says where it comes from', async ({ slug }) => {
    const result = (await papers.get(slug).result()) as ExperimentResult
    expect(result).toMatchObject({ slug, command: `npx tessera papers run ${slug}` })
    expect(result.date).toMatch(/^20\d\d-\d\d-\d\d$/)
    expect(Object.keys(result.versions)).toEqual(expect.arrayContaining(['node', 'tessera']))
    expect(Number.isInteger(result.seed)).toBe(true)
    expect(['as in the paper', 'smaller than the paper']).toContain(result.scale)
    expect(result.paper.length).toBeGreaterThan(0)
    for (const figure of result.paper) {
      for (const key of ['metric', 'setting', 'value'] as const) expect(figure[key].length).toBeGreaterThan(0)
    }
    expect(result.rows.length).toBeGreaterThan(2)
    expect(result.rows.some((row) => row.paper !== null)).toBe(true)
    expect(result.rows.some((row) => row.spread !== null && row.spread.count >= 3)).toBe(true)
    for (const row of result.rows) {
      expect(row.metric.length * row.setting.length).toBeGreaterThan(0)
      expect(Number.isFinite(row.ours)).toBe(true)
      expect(row.baseline === null || Number.isFinite(row.baseline.value)).toBe(true)
      if (row.spread) expect(row.spread.min).toBeLessThanOrEqual(row.spread.max)
    }
  })

  test.each(running)('$slug: its README has the figures of result.json', async ({ slug }) => {
    const result = (await papers.get(slug).result()) as ExperimentResult
    const readme = await readFile(new URL(`./${slug}/README.md`, import.meta.url), 'utf8')
    expect(readme).toContain(figuresOf(result).slice(0, figuresOf(result).indexOf('\n\n### The paper')))
  })
})
