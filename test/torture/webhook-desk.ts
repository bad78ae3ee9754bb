import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { History } from './history.ts'

/** An application's endpoint: verifies and records every webhook, and now and then refuses one at its first try. */
export type WebhookDesk = AsyncDisposable & {
  url: string
  /** `127.0.0.1:port`, for `webhooks.allowHosts` */
  host: string
  /** Jobs for which a verified webhook was accepted. */
  told: ReadonlySet<string>
}

/** One in fifty is refused once; the second try follows after five seconds. */
const REFUSED_ONE_IN = 50

export async function openWebhookDesk(secret: string, history: History): Promise<WebhookDesk> {
  const told = new Set<string>()
  const refused = new Set<string>()
  const webhook = new Webhook(secret)
  const server = createServer((request, response) => {
    void readBody(request).then(
      (body) => {
        const id = String(request.headers['webhook-id'])
        const { type, data } = readWebhook(body)
        // every job has a webhook of its own, so the end of its batch adds nothing
        if (type === 'batch.finished') {
          response.writeHead(204).end()
          return
        }
        const verified = verifies(webhook, body, request.headers)
        const answered = !refused.has(id) && isUnlucky(id) ? 503 : 204
        refused.add(id)
        history.note({ what: 'webhook', id, jobId: data.JobId, type, statusCode: data.StatusCode, verified, answered })
        if (answered === 204 && verified) told.add(data.JobId)
        response.writeHead(answered).end()
      },
      () => response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${host}/webhooks`,
    host,
    told,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Told = { type: string; data: { JobId: string; StatusCode: number } }

function readWebhook(body: string): Told {
  try {
    return JSON.parse(body) as Told
  } catch {
    return { type: 'unreadable', data: { JobId: '', StatusCode: 0 } }
  }
}

function verifies(webhook: Webhook, body: string, headers: IncomingMessage['headers']): boolean {
  try {
    webhook.verify(body, headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}

function isUnlucky(id: string): boolean {
  return createHash('sha256').update(id).digest().readUInt16BE() % REFUSED_ONE_IN === 0
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
