import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it came in; `body` is what had come of it when it was answered. */
export type SeenRequest = { method: string; path: string; headers: IncomingMessage['headers']; body: Buffer }

/** Answers one request. `request` has not been read yet; `read` reads it to its end. */
export type Answer = (about: {
  request: IncomingMessage
  response: ServerResponse
  read: () => Promise<Buffer>
}) => void | Promise<void>

/** What the real gateway does only when something is wrong with it or between: each request gets the next answer of a script. */
export async function openScriptedGateway(...script: Answer[]) {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    const entry = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.alloc(0),
    }
    seen.push(entry)
    const answer = script[seen.length - 1]
    if (!answer) {
      response.destroy()
      return
    }
    const read = async () => {
      for await (const chunk of request) {
        chunks.push(chunk as Buffer)
        entry.body = Buffer.concat(chunks)
      }
      return entry.body
    }
    request.on('error', () => undefined)
    void Promise.resolve(answer({ request, response, read })).catch(() => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Reads the request and answers with this JSON. */
export function json(status: number, content: object, headers: Record<string, string> = {}): Answer {
  return async ({ response, read }) => {
    await read()
    const type = status >= 400 ? 'application/problem+json' : 'application/json'
    response.writeHead(status, { 'Content-Type': type, ...headers }).end(JSON.stringify(content))
  }
}

/** A problem document as the gateway sends it. */
export function problem(status: number, slug: string, headers: Record<string, string> = {}): Answer {
  const type = `urn:encounter-gateway:problem:${slug}`
  return json(status, { type, title: `A ${slug}`, status, detail: 'As the test says.' }, headers)
}

/** Takes the request and lets the connection go without an answer. */
export const breakOff: Answer = async ({ response, read }) => {
  await read()
  response.destroy()
}

export const queuedJob = {
  JobId: 'q3f0a7k2m9x1c8v5b6n4',
  EMRSystem: 'Sandbox',
  EmrInstance: 'default',
  Status: 'Queued',
  CreatedAt: '2025-12-12T20:56:11.005Z',
  UpdatedAt: '2025-12-12T20:56:11.005Z',
  Attempts: 0,
  MaxAttempts: 5,
}

/** A batch of which so many items are there. */
export function batchOf(Items: number, more: object = {}) {
  return {
    BatchId: 'q3f0h2k7m9x1c8v5b6n4',
    EMRSystem: 'Sandbox',
    EmrInstance: 'default',
    Status: 'Receiving',
    CreatedAt: '2025-12-12T20:56:11.005Z',
    UpdatedAt: '2025-12-12T20:56:11.005Z',
    Items,
    Accepted: Items,
    Rejected: 0,
    Queued: Items,
    Running: 0,
    Succeeded: 0,
    Failed: 0,
    OutcomeUnknown: 0,
    Cancelled: 0,
    Expired: 0,
    ...more,
  }
}
