/** As whom the encounters are created in the EMR; each EMR's page says which it needs. */
export type EmrLogin = {
  loginId?: string | undefined
  password?: string | undefined
  /** A token of the EMR, in place of the two where its connector takes one. */
  authorizationToken?: string | undefined
  /** Which of the gateway's connections to that EMR; `default` if left out. */
  emrInstance?: string | undefined
}

/** Which application calls, as the gateway's operator has set it up. */
export type Identity = { applicationName: string; applicationKey: string }

const latin1 = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
const controls = /\p{Cc}/u

/**
 * A header's value as `fetch` takes it: the bytes of its UTF-8, each as one character, which is how the gateway reads it
 * back. Throws a TypeError that names the header, and never quotes the value, if no header can carry it.
 */
export function headerValue(name: string, text: string): string {
  if (controls.test(text)) throw new TypeError(`${name} must not contain control characters`)
  if (text !== text.trim())
    throw new TypeError(`${name} must not begin or end with a space: no HTTP header can carry it`)
  return Array.from(new TextEncoder().encode(text), (byte) => latin1[byte]).join('')
}

/** The headers that say which application calls. */
export function identityHeaders({ applicationName, applicationKey }: Identity): Record<string, string> {
  return headersOf({ ApplicationName: applicationName, ApplicationKey: applicationKey })
}

/** The headers that say which connection is meant, and as whom; what is not given is left out. */
export function loginHeaders(login: EmrLogin): Record<string, string> {
  return headersOf({
    LoginId: login.loginId,
    Password: login.password,
    AuthorizationToken: login.authorizationToken,
    EmrInstance: login.emrInstance,
  })
}

/** A key that nobody has used, for a request that is to be done once however often it is sent. 128 random bits. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function headersOf(values: Record<string, string | undefined>): Record<string, string> {
  const given = Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return Object.fromEntries(given.map(([name, value]) => [name, headerValue(name, value)]))
}
