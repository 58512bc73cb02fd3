// The labs: pages on which a paper's method runs on the reader's own input. Each is loaded when it is opened.
import type { Component } from 'svelte'
import type { PaperDetail } from '../papers/api.ts'

export type Lab = Component<{ paper: PaperDetail }>

export const LABS: Record<string, () => Promise<{ default: Lab }>> = {
  'binary-bpe': () => import('./binary-bpe/Lab.svelte'),
  'information-theoretic-tokenizers': () => import('./information-theoretic-tokenizers/Lab.svelte'),
  hivg: () => import('./hivg/Lab.svelte'),
  tokenadapt: () => import('./tokenadapt/Lab.svelte'),
  'tokenization-consistency': () => import('./tokenization-consistency/Lab.svelte'),
  'visual-unicode': () => import('./visual-unicode/Lab.svelte'),
  'dynamic-tokenization': () => import('./dynamic-tokenization/Lab.svelte'),
}
