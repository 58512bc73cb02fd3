// Consistency of a tokenization: one text, many id sequences, and what follows from that.
export { auditTokenizer, type AuditOptions, type AuditReport } from './audit.ts'
export {
  canonicalize,
  canonicityRate,
  isCanonical,
  type Canonical,
  type CanonicityRate,
  type NonCanonicalRun,
} from './canonical.ts'
export {
  ARTIFACTS,
  classifyEdit,
  type ArtifactType,
  type EditContext,
  type EditJudgement,
  type Outcome,
} from './classify.ts'
export {
  CorpusMeter,
  type AuditPart,
  type CorpusAudit,
  type SpecialReach,
  type VariedWord,
} from './corpus.ts'
export { Dropout } from './dropout.ts'
export {
  canonicalSpelling,
  countEncodings,
  logEncodings,
  shortestEncodings,
  wordEncodings,
  type WordEncodings,
} from './encodings.ts'
export type { Finding, FindingKind, FindingReach } from './findings.ts'
export { mergeStructure, type MergeStructure } from './merge-structure.ts'
export {
  CUT_KINDS,
  InstabilityMeter,
  prefixSteps,
  type CutKind,
  type Instability,
  type InstabilityCount,
  type PrefixStep,
} from './prefix.ts'
export { reachability, type Reach, type Reachability, type UnreachableReason } from './reachability.ts'
export { SpecialFinder, type Injection } from './specials.ts'
export { TokenTable } from './token-table.ts'
export { TWIN_KINDS, twinsOf, type TwinCount, type TwinKind, type Twins } from './twins.ts'
export { auditVocabulary, type Intermediate, type VocabularyAudit } from './vocabulary.ts'
export {
  chatEndpoint,
  type ChatAnswer,
  type ChatEndpoint,
  type EndpointOptions,
  type IdsFrom,
} from './probe/endpoint.ts'
export {
  PROBE_OUTCOMES,
  probeModel,
  type ProbeOptions,
  type ProbeOutcome,
  type ProbeReport,
  type ProbeText,
  type ProbeTrial,
} from './probe/probe.ts'
export { wilson, type Share } from './probe/wilson.ts'
export { SpellingMask, type SpellingState } from './spelling-mask.ts'
