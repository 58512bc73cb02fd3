// The numbers of a run as tables.
import { ARTIFACTS, type AuditReport, CUT_KINDS } from '../../measure/index.ts'
import type { ReportTable } from '../paper.ts'
import type { ConsistencyResult } from './result.ts'

const percent = (part: number | null) => (part === null ? null : Number((100 * part).toFixed(2)))

export function detailTables({ vocabularies, texts, dropout }: ConsistencyResult): ReportTable[] {
  return [
    {
      title: 'Vocabularies: tokens with a twin (% of tokens that are text), and tokens to know about',
      columns: [
        'tokenizer',
        'tokens',
        'any twin',
        'space',
        'case',
        'normal form',
        'unreachable',
        'not met',
        'no text',
        'steps only',
      ],
      rows: vocabularies.map((v) => [
        v.tokenizer,
        v.tokens,
        percent(v.twins.any),
        percent(v.twins.space),
        percent(v.twins.case),
        percent(v.twins.normalForm),
        v.unreachable,
        v.notMet,
        v.undecodable,
        v.intermediates,
      ]),
    },
    {
      title: 'Cuts after which earlier ids change, %',
      columns: ['tokenizer', 'text', ...CUT_KINDS],
      rows: texts.map(({ tokenizer, text, instability }) => [
        tokenizer,
        text,
        ...CUT_KINDS.map((kind) => percent(instability[kind])),
      ]),
    },
    {
      title: 'Word occurrences in other ids than the commonest, by type',
      columns: ['tokenizer', 'text', ...ARTIFACTS.map(({ title }) => title)],
      rows: texts.map(({ tokenizer, text, types }) => [
        tokenizer,
        text,
        ...ARTIFACTS.map(({ type }) => types[type]),
      ]),
    },
    {
      title: 'Dropped merges: phantom edits by type, first seed',
      columns: ['tokenizer', 'rate', ...ARTIFACTS.map(({ title }) => title)],
      rows: dropout.map(({ tokenizer, rate, types }) => [
        tokenizer,
        rate,
        ...ARTIFACTS.map(({ type }) => types[type]),
      ]),
    },
  ]
}

export function auditTable({ tokenizer, findings }: AuditReport): ReportTable {
  return {
    title: `${tokenizer} on your texts`,
    columns: ['', 'finding', 'what', 'example', 'times', 'documents', 'remedy'],
    rows: findings.map(({ weight, kind, summary, example, reach, remedy }) => [
      weight,
      kind,
      summary,
      example,
      reach?.occurrences ?? null,
      reach?.documents ?? null,
      remedy,
    ]),
  }
}
