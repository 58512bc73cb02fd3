// The door of the measure room: numbers about a tokenization. Runs in Node and in a browser.
export * from './consistency/index.ts'
