import type { CookieSerializeOptions } from '@fastify/cookie'
import { DEVICE_MS } from '@encounter-gateway/shared/records/operator-sessions.ts'

/** The cookie of a session. */
export const SESSION_COOKIE = 'eg_operator'
/** The cookie by which a device is known on which an operator has signed in before. */
export const DEVICE_COOKIE = 'eg_device'

/** `auto`: Secure if the request came over https. The operator API takes the session as well, hence the path. */
export const sessionCookie: CookieSerializeOptions = {
  path: '/',
  httpOnly: true,
  sameSite: 'strict',
  secure: 'auto',
}

export const deviceCookie: CookieSerializeOptions = {
  ...sessionCookie,
  path: '/admin/login',
  maxAge: DEVICE_MS / 1000,
}
