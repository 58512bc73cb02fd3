export { isCompact, readCompact } from './read.ts'
export { writeCompact } from './write.ts'
