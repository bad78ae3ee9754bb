import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { buildSandboxEmr } from '@encounter-gateway/sandbox-emr/app.ts'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** One request for an encounter as it reached the EMR. */
export type Arrival = {
  /** The JobId. */
  key: string
  /** The number of such requests in progress at the EMR, this one included. */
  atOnce: number
}

/** The Sandbox EMR, on a socket of the test's own, stopped and released at the points that matter. */
export type GatedEmr = Awaited<ReturnType<typeof openGatedEmr>>

/**
 * Each creation takes `latencyMs`. Like the Sandbox EMR it never compares keys, so that a second encounter is visible.
 */
export async function openGatedEmr({ latencyMs = 0 }: { latencyMs?: number } = {}) {
  const app = buildSandboxEmr()
  const arrivals: Arrival[] = []
  const made: string[] = []
  const gates: Partial<Record<'before commit' | 'after commit', PromiseWithResolvers<void>>> = {}
  let atOnce = 0
  let refusals: number[] = []
  let passwords: readonly string[] | undefined
  let refusedLogins = 0

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const creates = request.method === 'POST'
    const key = String(request.headers['correlation-key'])
    if (creates) {
      arrivals.push({ key, atOnce: ++atOnce })
      response.once('close', () => atOnce--)
      await delay(latencyMs)
      await gates['before commit']?.promise
      const status = refusals.shift()
      if (status) return void response.writeHead(status).end()
    }
    if (passwords && !passwords.includes(passwordIn(request))) {
      refusedLogins++
      return void response.writeHead(401).end()
    }
    const { 'content-type': type = 'application/json', authorization = '' } = request.headers
    const reply = await app.inject({
      method: creates ? 'POST' : 'GET',
      url: request.url ?? '/',
      headers: { 'content-type': type, authorization, ...(creates && { 'correlation-key': key }) },
      ...(creates && { payload: Buffer.concat(chunks) }),
    })
    if (creates && reply.statusCode === 201) made.push(key)
    if (creates) await gates['after commit']?.promise
    response.writeHead(reply.statusCode, { 'content-type': 'application/json' }).end(reply.body)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const port = await findFreePort()
  const listen = async () => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen()

  const open = (how: (gate: PromiseWithResolvers<void>) => void) => {
    for (const at of ['before commit', 'after commit'] as const) {
      if (gates[at]) how(gates[at])
      delete gates[at]
    }
  }
  const shut = async () => {
    if (!server.listening) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    /** Every request for an encounter so far, in order. */
    arrivals: arrivals as readonly Arrival[],
    /** The key of every encounter created so far, in order; one that occurs twice was created twice. */
    made: made as readonly string[],
    /** From now on no request passes this point, until `release` or `forget`. */
    hold(at: 'before commit' | 'after commit') {
      gates[at] ??= Promise.withResolvers()
      // nothing may be held when it is forgotten
      gates[at].promise.catch(() => undefined)
    },
    /** Releases everything that is held, also the requests of callers that have hung up. */
    release: () => open((gate) => gate.resolve()),
    /** Forgets everything that is held, like an EMR that crashed. */
    forget: () => open((gate) => gate.reject(new Error('forgotten'))),
    /** Answers the next requests for an encounter with these statuses and creates nothing. */
    refuse: (...statuses: number[]) => (refusals = statuses),
    /** Lets in only users with one of these passwords. */
    letIn: (...only: string[]) => (passwords = only),
    /** The number of logins refused so far. */
    refusedLogins: () => refusedLogins,
    /** Refuses connections from now on, and cuts the existing ones. */
    goDown: shut,
    comeBack: listen,
    async [Symbol.asyncDispose]() {
      await shut()
      await app.close()
    },
  }
}

/** The password of a request with Basic authentication. */
function passwordIn({ headers: { authorization = '' } }: IncomingMessage): string {
  return Buffer.from(authorization.slice('Basic '.length), 'base64').toString().split(':')[1] ?? ''
}
