// The door of the embed room: texts to vectors.
export { embed, type EmbedOptions, Pool, type Pooling } from './embed.ts'
