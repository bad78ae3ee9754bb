import { encounterFieldPaths } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { buildSandboxEmr } from '@encounter-gateway/sandbox-emr/app.ts'
import { isDeepStrictEqual } from 'node:util'
import { openMisbehavingHttp, type HttpCall, type HttpReply } from './misbehaving-http.ts'
import type { SimulatedEmr } from './simulated-emr.ts'

/** The Sandbox EMR itself, behind a socket that can misbehave in ways that it cannot itself. */
export async function openSandbox(): Promise<SimulatedEmr> {
  const app = buildSandboxEmr()
  const encounters: { encounterId: string; correlationKey: string; content: unknown }[] = []

  async function handle(call: HttpCall): Promise<HttpReply> {
    const headers = Object.fromEntries(Object.entries(call.headers).filter(([, value]) => typeof value === 'string'))
    const answer = await app.inject({
      method: call.method as 'GET' | 'POST',
      url: call.url.pathname + call.url.search,
      headers: headers as Record<string, string>,
      ...(call.body && { payload: call.body }),
    })
    if (call.method === 'POST' && answer.statusCode === 201) {
      const { EncounterId } = answer.json<{ EncounterId: string }>()
      const correlationKey = String(call.headers['correlation-key'])
      encounters.push({ encounterId: EncounterId, correlationKey, content: JSON.parse(call.body) })
    }
    return { status: answer.statusCode, headers: { 'content-type': 'application/json' }, body: answer.body }
  }

  const { baseUrl, ...server } = await openMisbehavingHttp({
    handle,
    creates: ({ method, url }) => method === 'POST' && url.pathname === '/encounters',
    say: (code) => ({ status: code, headers: code === 429 ? { 'retry-after': '1' } : {} }),
  })
  return {
    ...server,
    options: { baseUrl },
    credentials: { loginId: 'user', password: 'secret' },
    cannotSay: [],
    encounters: () => encounters,
    // found by its key alone, whatever else it holds
    enterLookAlike: () => {
      const [{ content } = { content: undefined }] = encounters.splice(0)
      encounters.push({ encounterId: 'theirs', correlationKey: 'z2345678901234567890', content })
    },
    missing: ({ content }, sent) => (isDeepStrictEqual(content, sent) ? [] : [...encounterFieldPaths]),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await app.close()
    },
  }
}
