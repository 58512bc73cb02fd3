// The worker that holds the page's model: ONNX Runtime in WebAssembly (or on WebGPU), fed by the same graphs as in
// Node. The page stays responsive however long a token takes.
import { TesseraError } from '../../core/index.ts'
import { loadModel, type Model, openPageFiles, type PageFile } from '../../model/index.ts'
import { answerCalls } from '../worker/calls.ts'
import { Generation } from './generation.ts'
import type { ModelCalls, ModelSource } from './protocol.ts'

let model: Model | null = null
let generation: Generation | null = null
let stopping = new AbortController()

function current(): Generation {
  if (!generation) throw new TesseraError('ARGUMENT_INVALID', 'No model is loaded')
  return generation
}

const channel = new MessageChannel()
const turns: (() => void)[] = []
channel.port1.addEventListener('message', () => turns.shift()?.())
channel.port1.start()

/** Lets messages that have arrived be handled first. (A timer would wait 4 ms each time.) */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    turns.push(resolve)
    channel.port2.postMessage(null)
  })
}

/** Files of the server are fetched whole; dropped ones are read where they lie. */
async function contentsOf(source: ModelSource, progress: (done: number) => void): Promise<PageFile[]> {
  if (source.kind === 'files') return source.files.map((file) => ({ name: file.name, content: file }))
  const needed = source.files.filter(({ name }) => !name.endsWith('.onnx'))
  const total = needed.reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  const contents: PageFile[] = []
  for (const { name, bytes } of needed) {
    const answer = await fetch(`/api/models/${encodeURIComponent(source.id)}/${encodeURIComponent(name)}`)
    if (!answer.ok) {
      throw new TesseraError('FILE_NOT_FOUND', `The server has no file ${name} of ${source.name} any more`)
    }
    contents.push({ name, content: await answer.blob() })
    progress((done += bytes) / total)
  }
  return contents
}

answerCalls<ModelCalls>({
  async load({ source, device, threads }, progress) {
    const from = performance.now()
    await model?.release()
    model = generation = null
    const files = await contentsOf(source, (done) => progress(done * 0.7))
    const checkpoint = await openPageFiles(files)
    progress(0.8)
    model = await loadModel(checkpoint, { device, threads })
    generation = new Generation(model)
    const { config } = model
    const parameters = Object.values(checkpoint.parameters).reduce(
      (sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1),
      0,
    )
    return {
      name: source.name,
      family: config.family,
      parameters,
      layers: config.layers,
      heads: config.heads,
      kvHeads: config.kvHeads,
      headDim: config.headDim,
      dim: config.dim,
      vocabSize: config.vocabSize,
      maxPositions: config.maxPositions,
      bytes: model.bytes,
      device,
      threads: typeof SharedArrayBuffer === 'function' ? threads : 1,
      loadMs: performance.now() - from,
    }
  },

  generate({ prompt, options }, tell) {
    stopping = new AbortController()
    return current().run(prompt, options, tell, turn, stopping.signal)
  },

  stop() {
    stopping.abort()
    return null
  },

  attention: ({ layer }) => current().attention(layer),

  cache: () => current().facts(),
})
