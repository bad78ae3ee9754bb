/** The EMR login and connection; the page of each EMR says what it requires. */
export type EmrLogin = {
  loginId?: string | undefined
  password?: string | undefined
  /** A token for the EMR, in place of login and password, if its connector accepts one. */
  authorizationToken?: string | undefined
  /** The gateway's connection to that EMR. Default `default`. */
  emrInstance?: string | undefined
}

/** The calling application, as configured by the gateway's operator. */
export type Identity = { applicationName: string; applicationKey: string }

const latin1 = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
const controls = /\p{Cc}/u

/**
 * A header value for `fetch`: each byte of its UTF-8 as one character, as the gateway decodes it. Throws a TypeError
 * that names the header, and never quotes the value, if no header can carry the value.
 */
export function headerValue(name: string, text: string): string {
  if (controls.test(text)) throw new TypeError(`${name} must not contain control characters`)
  if (text !== text.trim())
    throw new TypeError(`${name} must not begin or end with a space: no HTTP header can carry it`)
  return Array.from(new TextEncoder().encode(text), (byte) => latin1[byte]).join('')
}

/** The headers that identify the calling application. */
export function identityHeaders({ applicationName, applicationKey }: Identity): Record<string, string> {
  return headersOf({ ApplicationName: applicationName, ApplicationKey: applicationKey })
}

/** The headers for the connection and the EMR login; missing values are left out. */
export function loginHeaders(login: EmrLogin): Record<string, string> {
  return headersOf({
    LoginId: login.loginId,
    Password: login.password,
    AuthorizationToken: login.authorizationToken,
    EmrInstance: login.emrInstance,
  })
}

/** A new Idempotency-Key of 128 random bits. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function headersOf(values: Record<string, string | undefined>): Record<string, string> {
  const given = Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return Object.fromEntries(given.map(([name, value]) => [name, headerValue(name, value)]))
}
