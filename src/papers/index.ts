// The papers room: all papers of the feed, and those that run here. Adding one = the method in its room,
// a folder here, and a line in RUNNABLE. This module loads in a page; what needs Node is imported when run.
import { TesseraError } from '../core/index.ts'
import { binaryBpe } from './binary-bpe/paper.ts'
import { informationTheoreticTokenizers } from './information-theoretic-tokenizers/paper.ts'
import { CATALOGUE } from './catalogue/index.ts'
import { visualUnicode } from './visual-unicode/paper.ts'
import { hivg } from './hivg/paper.ts'
import { dynamicTokenization } from './dynamic-tokenization/paper.ts'
import { tokenadapt } from './tokenadapt/paper.ts'
import { tokenizationConsistency } from './tokenization-consistency/paper.ts'
import type { CatalogueEntry, Paper, PaperSummary } from './paper.ts'

export type {
  CatalogueEntry,
  Origin,
  Paper,
  PaperFile,
  PaperInput,
  PaperReport,
  PaperSummary,
  ReportTable,
  Room,
  RunOptions,
} from './paper.ts'
export type { ExperimentResult, PublishedFigure, ResultRow, Spread } from './experiment/result.ts'
export type { BinaryBpeOptions, BinaryBpeReport, FileReport } from './binary-bpe/paper.ts'
export type { VisualUnicodeReport } from './visual-unicode/paper.ts'
export type { VisualUnicodeResult } from './visual-unicode/result.ts'
export type { HivgOptions, HivgReport, SvgFileReport } from './hivg/paper.ts'
export type { HivgResult } from './hivg/result.ts'
export type { DynamicTokenizationOptions, DynamicTokenizationReport } from './dynamic-tokenization/paper.ts'
export type { DynamicTokenizationResult } from './dynamic-tokenization/result.ts'
export type { TokenAdaptOptions, TokenAdaptReport } from './tokenadapt/paper.ts'
export type { TokenAdaptResult } from './tokenadapt/result.ts'
export type { ConsistencyOptions, ConsistencyReport } from './tokenization-consistency/paper.ts'
export type { ConsistencyResult } from './tokenization-consistency/result.ts'
export type { BinaryBpeResult } from './binary-bpe/result.ts'
export type { InformationOptions, InformationReport } from './information-theoretic-tokenizers/paper.ts'
export type { InformationResult } from './information-theoretic-tokenizers/result.ts'

const RUNNABLE = {
  'binary-bpe': binaryBpe,
  'visual-unicode': visualUnicode,
  'information-theoretic-tokenizers': informationTheoreticTokenizers,
  hivg,
  'dynamic-tokenization': dynamicTokenization,
  tokenadapt,
  'tokenization-consistency': tokenizationConsistency,
}

type Runnable = typeof RUNNABLE

function summaryOf(entry: CatalogueEntry): PaperSummary {
  return { ...entry, state: entry.slug in RUNNABLE ? 'runs' : 'not yet' }
}

/** A paper by its slug. Throws PAPER_NOT_FOUND with the nearest slugs. */
function get<Slug extends keyof Runnable>(slug: Slug): PaperSummary & Runnable[Slug]
function get(slug: string): Paper
function get(slug: string): Paper {
  const entry = CATALOGUE.find((paper) => paper.slug === slug)
  if (!entry) {
    const near = nearest(slug)
    throw new TesseraError('PAPER_NOT_FOUND', `No paper has the name ${JSON.stringify(slug.slice(0, 80))}`, {
      hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'papers.list() has all names',
    })
  }
  const summary = summaryOf(entry)
  if (Object.hasOwn(RUNNABLE, slug)) return { ...summary, ...RUNNABLE[slug as keyof Runnable] }
  return {
    ...summary,
    result: async () => null,
    run: async () => {
      throw new TesseraError('PAPER_NOT_RUNNABLE', `${entry.title} is listed, but does not run here yet`, {
        where: slug,
        hint: `These run: ${Object.keys(RUNNABLE).join(', ')}`,
      })
    },
  }
}

export const papers = {
  /** All papers, room by room. */
  list: (): PaperSummary[] => CATALOGUE.map(summaryOf),
  get,
  /** One paper as plain data, with its experiment's result. Throws PAPER_NOT_FOUND. */
  async detail(slug: string): Promise<PaperSummary & { result: unknown }> {
    const { run: _, result, ...summary } = get(slug)
    return { ...summary, result: await result() }
  },
}

/** Up to three slugs that share a word with the name, or differ from it in few letters. */
function nearest(name: string): string[] {
  const wanted = name.toLowerCase().slice(0, 80)
  const words = wanted.split(/[^a-z0-9]+/).filter((word) => word.length > 2)
  return CATALOGUE.map(({ slug, title }) => {
    const text = `${slug} ${title.toLowerCase()}`
    const shared = words.filter((word) => text.includes(word)).length
    return { slug, distance: editDistance(wanted, slug) - 4 * shared }
  })
    .filter(({ slug, distance }) => distance <= Math.max(3, slug.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ slug }) => slug)
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same))
    }
    row = next
  }
  return row[b.length]!
}
