// One thread that weighs merges (Node only), the other end of scorers.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { gzipLength, LocalScorer, type ScoreRequest, type ScoreSettings } from './scorers.ts'
import { LzStream } from './stream.ts'

const { ids, vocabSize, level } = workerData as ScoreSettings
const port = parentPort!
const scorer = gzipLength(level).then((length) => new LocalScorer(new LzStream(ids, vocabSize, length)))

port.on('message', ({ merged, pairs, id }: ScoreRequest) => {
  void scorer.then((own) => own.score(merged, pairs, id)).then((scores) => port.postMessage(scores))
})
