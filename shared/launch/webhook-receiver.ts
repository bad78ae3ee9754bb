import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook as Verifier, WebhookVerificationError } from 'standardwebhooks'
import { fewLines } from './few-lines.ts'
import { localWebhookSecret } from './local-config.ts'
import { inWords, type Webhook } from './webhook-in-words.ts'

/** A thin message has some 200 bytes, a full one a result as well. */
const LONGEST_BODY_BYTES = 1024 * 1024
/** A large batch must not flood the terminal. */
const LINES_PER_SECOND = 10
/** Ids of webhooks that are remembered, to notice one that comes again. */
const IDS_KEPT = 10_000

/** A server that verifies the webhooks of the local application and prints them. */
export type WebhookReceiver = {
  /** Where webhooks are to be posted. */
  url: string
  /** Resolves with whether the webhook about this job's first round has come; waits for it for at most `ms`. */
  hasHeardOf(jobId: string, ms: number): Promise<boolean>
  close(): Promise<void>
}

/**
 * Starts the receiver of `npm start`, which prints a line per webhook in plain words, at most ten lines per second. Port 0 is
 * a free one. A receiver to build on is in docs/webhooks.md.
 */
export async function startWebhookReceiver(
  print: (line: string) => void,
  { host = '127.0.0.1', port = 0 } = {},
): Promise<WebhookReceiver> {
  const verifier = new Verifier(localWebhookSecret())
  const lines = fewLines(print, LINES_PER_SECOND, (count) => `Webhook  and ${count} more in this second`)
  const ids = new Set<string>()
  const heard = new EventEmitter<Record<string, []>>()

  /** Returns the status to answer with. */
  async function receive(request: IncomingMessage): Promise<number> {
    if (request.method !== 'POST') return 405
    const body = await readText(request)
    if (body === undefined) return 413
    try {
      const webhook = verifier.verify(body, request.headers as Record<string, string>) as Webhook
      const id = String(request.headers['webhook-id'])
      const again = ids.has(id) ? ', came again' : ''
      ids.add(id)
      for (const oldest of ids) {
        if (ids.size <= IDS_KEPT) break
        ids.delete(oldest)
      }
      lines.print(`Webhook  ${webhook.type}: ${inWords(webhook)} (signature verified${again})`)
      heard.emit(id)
      return 204
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      lines.print('Webhook  refused: not signed by this gateway, changed on its way, or more than five minutes old')
      return 401
    }
  }

  const server = createServer((request, response) => {
    void receive(request).then(
      (status) => response.writeHead(status).end(),
      // the connection broke
      () => response.destroy(),
    )
  }).listen(port, host)
  await once(server, 'listening')
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/`,
    async hasHeardOf(jobId, ms) {
      const id = `msg_${jobId}_1`
      if (ids.has(id)) return true
      return once(heard, id, { signal: AbortSignal.timeout(ms) }).then(
        () => true,
        () => false,
      )
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      lines.end()
    },
  }
}

/** The body as text; undefined if it is too long. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LONGEST_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

// docker-compose.yml runs this file as a service of its own.
if (import.meta.main) {
  const receiver = await startWebhookReceiver(console.log, { host: '0.0.0.0', port: 4020 })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void receiver.close())
}
