import { createServer, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

const webhook = new Webhook(process.env['WEBHOOK_SECRET'] ?? '') // whsec_...
const seen = new Set<string>() // in production: a unique index in your database

/** Returns the status code of the answer. */
async function receive(request: IncomingMessage): Promise<number> {
  try {
    const body = await buffer(request) // the raw bytes: parsing and serializing may change them
    const event = webhook.verify(body.toString(), request.headers as Record<string, string>) as { type: string }
    const id = String(request.headers['webhook-id'])
    if (!seen.has(id)) console.log(id, event.type)
    seen.add(id)
    return 204
  } catch (error) {
    return error instanceof WebhookVerificationError ? 401 : 500
  }
}

const server = createServer((request, response) => {
  void receive(request).then((status) => response.writeHead(status).end())
})
server.listen(Number(process.env['PORT'] ?? 4020), '127.0.0.1')
