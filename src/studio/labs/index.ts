// The labs: pages on which a paper's method runs on the reader's own input. Each is loaded when it is opened.
import type { Component } from 'svelte'
import type { PaperDetail } from '../papers/api.ts'

export type Lab = Component<{ paper: PaperDetail }>

export const LABS: Record<string, () => Promise<{ default: Lab }>> = {
  'binary-bpe': () => import('./binary-bpe/Lab.svelte'),
  'information-theoretic-tokenizers': () => import('./information-theoretic-tokenizers/Lab.svelte'),
}
