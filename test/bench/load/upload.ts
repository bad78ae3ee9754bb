import { createReadStream } from 'node:fs'
import { request } from 'undici'
import type { UploadOptions } from './load-process.ts'

/** A process of its own that streams one file of NDJSON in one request. */
const { url, path, headers, file } = JSON.parse(process.argv[2] ?? '') as UploadOptions
const startedAt = performance.now()
const reply = await request(`${url}${path}`, {
  method: 'POST',
  headers: { 'content-type': 'application/x-ndjson', ...headers },
  body: createReadStream(file, { highWaterMark: 256 * 1024 }),
  headersTimeout: 600_000,
  bodyTimeout: 600_000,
})
const body = await reply.body.text()
const seconds = (performance.now() - startedAt) / 1000
process.send?.({ event: 'result', status: reply.statusCode, seconds, body })
process.disconnect()
