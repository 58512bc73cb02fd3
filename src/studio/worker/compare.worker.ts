// Compares tokenizations off the page: millions of tokens take a while.
import { answerCalls } from './calls.ts'
import { differences } from './differences.ts'
import type { CompareCalls } from './protocol.ts'

answerCalls<CompareCalls>({
  compare: ({ ends }) => differences(ends),
})
