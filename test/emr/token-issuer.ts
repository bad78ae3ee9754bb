import type { HttpCall, HttpReply } from './misbehaving-http.ts'

/** A token endpoint for OAuth2 client credentials by secret, and the check of the tokens it issued. */
export type TokenIssuer = {
  /** The option `auth` of a connection whose token endpoint is at this URL. */
  auth(tokenUrl: string): { tokenUrl: string; clientId: string; clientSecret: string; scope: string }
  handle(call: HttpCall): HttpReply
  accepts(authorization: string | undefined): boolean
  /** Invalidates the tokens issued so far, although they have not expired. */
  revoke(): void
  issued(): number
}

const CLIENT = { clientId: 'gateway', clientSecret: 'secret/of+the gateway' }
const SCOPE = 'system/Encounter.read system/Encounter.write'

export function openTokenIssuer(): TokenIssuer {
  let count = 0
  let valid = new Set<string>()
  const pair = `${encodeURIComponent(CLIENT.clientId)}:${encodeURIComponent(CLIENT.clientSecret)}`
  return {
    auth: (tokenUrl) => ({ tokenUrl, ...CLIENT, scope: SCOPE }),
    handle({ method, headers, body }) {
      const form = new URLSearchParams(body)
      const asked = method === 'POST' && form.get('grant_type') === 'client_credentials' && form.get('scope') === SCOPE
      if (!asked) return { status: 400, body: JSON.stringify({ error: 'invalid_request' }) }
      if (headers.authorization !== `Basic ${Buffer.from(pair).toString('base64')}`) {
        return { status: 401, body: JSON.stringify({ error: 'invalid_client' }) }
      }
      const token = `token-${++count}`
      valid.add(`Bearer ${token}`)
      return {
        status: 200,
        body: JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 570, scope: SCOPE }),
      }
    },
    accepts: (authorization) => authorization !== undefined && valid.has(authorization),
    revoke() {
      valid = new Set()
    },
    issued: () => count,
  }
}
