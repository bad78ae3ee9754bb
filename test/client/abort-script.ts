import { fileURLToPath } from 'node:url'
import { batchOf, json, queuedJob, type Answer } from './scripted-gateway.ts'

const silent: Answer = () => undefined
const progress = `event: progress\nid: 0\ndata: ${JSON.stringify(batchOf(1))}\n\n`

/** Sends the first part of a stream that has no end. */
function begins(type: string, text: string): Answer {
  return ({ response }) => void response.writeHead(200, { 'Content-Type': type }).write(text)
}

/** Progress of a batch that never finishes. */
export const watched = begins('text/event-stream', progress)

/** abort-after-collection.mjs: what it gets from a gateway, in its order, and what it must print. */
export const abortScript = {
  path: fileURLToPath(new URL('abort-after-collection.mjs', import.meta.url)),
  answers: [
    watched,
    begins('application/x-ndjson', '{"ItemIndex":0}\n'),
    silent,
    json(202, queuedJob),
    silent,
    silent,
    silent,
  ],
  aborted: ['watchBatch', 'results', 'waitFor', 'submitAndWait', 'uploadBatch', 'api']
    .map((call) => `${call} aborted\n`)
    .join(''),
}
