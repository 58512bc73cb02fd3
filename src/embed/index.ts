// The door of the embed room: texts to vectors.
export { embed, type EmbedOptions, type Pooling } from './embed.ts'
