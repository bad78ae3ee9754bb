import { ConfigError } from '@encounter-gateway/shared/config/config.ts'
import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { OperatorSessions } from '@encounter-gateway/shared/records/operator-sessions.ts'
import formbody from '@fastify/formbody'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DEVICE_COOKIE, deviceCookie, SESSION_COOKIE, sessionCookie } from './cookies.ts'
import { printOf } from './identify.ts'
import { decoyOf, parsePasswordHash, verifyPassword, type PasswordHash } from './password.ts'
import { signInPage } from './pages/sign-in.ts'
import { STYLE } from './pages/style.ts'

/**
 * Each check takes tens of MiB; this limits their number if many addresses guess passwords at once. Devices on which the
 * operator has signed in before have places of their own, so that strangers lock nobody out.
 */
const CHECKS_AT_ONCE = { strangers: 4, known: 2 }

/** Sign-in and sign-out of operators, without scripts. */
export async function signIn(
  app: FastifyInstance,
  { operators, sessions }: { operators: readonly Operator[]; sessions: OperatorSessions },
): Promise<void> {
  const checkPassword = passwordCheck(operators)
  await app.register(formbody, { bodyLimit: 8 * 1024 })
  await app.register(rateLimit, { global: false })
  const html = (reply: FastifyReply, page: string) => reply.type('text/html; charset=utf-8').send(page)
  const schema = { hide: true }

  app.get('/style.css', { schema, logLevel: 'warn' }, (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(STYLE),
  )
  app.get('/login', { schema }, (request, reply) => {
    const next = returnPath(textOf(request.query, 'next'))
    return request.operator ? reply.redirect(next, 303) : html(reply, signInPage({ next }))
  })

  app.post(
    '/login',
    {
      schema,
      config: { rateLimit: { max: 10, timeWindow: 60_000 } },
      errorHandler: (error, _request, reply) => {
        if (error.statusCode !== 429) throw error
        void html(
          reply.code(429),
          signInPage({ next: '/admin', mistake: 'Too many attempts. Wait a minute, then try again.' }),
        )
      },
    },
    async (request, reply) => {
      const next = returnPath(textOf(request.body, 'next'))
      const name = textOf(request.body, 'name')
      const device = app.parseCookie(request.headers.cookie ?? '')[DEVICE_COOKIE] ?? ''
      const isKnown = device !== '' && (await sessions.isKnownDevice(name, device))
      // by account: many addresses may guess one operator's password
      const waitMs = isKnown ? 0 : await sessions.waitMs(name)
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1000)
        reply.code(429).header('retry-after', seconds)
        return html(reply, signInPage({ next, mistake: `Too many attempts. Wait ${seconds} s, then try again.` }))
      }
      const operator = await checkPassword(name, textOf(request.body, 'password'), isKnown ? 'known' : 'strangers')
      if (operator === 'busy') {
        reply.code(503).header('retry-after', '2')
        return html(reply, signInPage({ next, mistake: 'Too many sign-ins at once. Try again.' }))
      }
      if (!operator) {
        // a name that is not an operator's is not recorded: it may be the password, typed into the wrong field
        const Actor = operators.some((each) => each.name === name) ? name : '(unknown)'
        request.log.warn({ ip: request.ip }, 'operator.refused')
        await sessions.failed(name)
        await app.audit.append({ Actor, Kind: 'operator', From: request.ip, Action: 'SignInRefused' })
        return html(reply.code(401), signInPage({ next, mistake: 'Wrong name or password.' }))
      }
      const { role: Role } = operator
      await app.audit.append({ Actor: operator.name, Kind: 'operator', Role, From: request.ip, Action: 'SignedIn' })
      request.log.info({ operator: operator.name, role: operator.role, ip: request.ip }, 'operator.signedIn')
      const { token } = await sessions.start(operator.name, printOf(operator))
      if (!isKnown) reply.setCookie(DEVICE_COOKIE, await sessions.knowDevice(operator.name), deviceCookie)
      return reply.setCookie(SESSION_COOKIE, token, sessionCookie).redirect(next, 303)
    },
  )

  app.post('/logout', { schema }, async (request, reply) => {
    if (request.identity?.session) await sessions.end(request.identity.session.token)
    const { name: Actor = '', role: Role } = request.operator ?? {}
    await app.audit.append({ Actor, Kind: 'operator', Role, From: request.ip, Action: 'SignedOut' })
    request.log.info({ operator: Actor }, 'operator.signedOut')
    return reply.clearCookie(SESSION_COOKIE, sessionCookie).redirect('/admin/login', 303)
  })
}

/**
 * The path to go to after the sign-in: `wanted` if it is under `/admin`, otherwise `/admin`. It is resolved as a
 * browser would resolve it, so that neither `//host` nor `/admin/..//host` leads to another site.
 */
export function returnPath(wanted: string): string {
  const here = 'http://gateway.invalid'
  const url = URL.canParse(wanted, here) ? new URL(wanted, here) : undefined
  if (url?.origin !== here || (url.pathname !== '/admin' && !url.pathname.startsWith('/admin/'))) return '/admin'
  if (url.pathname.startsWith('/admin/login') || url.pathname.startsWith('/admin/logout')) return '/admin'
  return url.pathname + url.search
}

/** Whether a request comes from a program, which cannot use a sign-in form. */
export function isApiRequest({ method, headers, routeOptions }: FastifyRequest): boolean {
  const { accept = '*/*' } = headers
  if (method !== 'GET' && method !== 'HEAD') return true
  if (/^\/admin\/.*\/(api|static)\//.test(`${routeOptions.url}/`)) return true
  return !accept.includes('text/html') && !accept.includes('*/*')
}

function passwordCheck(operators: readonly Operator[]) {
  const known = operators.flatMap((operator, index) => {
    const hash = readHash(operator, index)
    return hash ? [{ operator, hash }] : []
  })
  const [dearest] = known.map(({ hash }) => hash).toSorted((a, b) => b.N * b.r * b.p - a.N * a.r * a.p)
  const decoy = dearest && decoyOf(dearest)
  const underWay = { strangers: 0, known: 0 }
  return async (
    name: string,
    password: string,
    lane: keyof typeof underWay,
  ): Promise<Operator | 'busy' | undefined> => {
    // all operators have tokens only
    if (!decoy) return undefined
    if (underWay[lane] >= CHECKS_AT_ONCE[lane]) return 'busy'
    underWay[lane] += 1
    try {
      const found = known.find(({ operator }) => operator.name === name)
      const fits = await verifyPassword(password.slice(0, 1024), found?.hash ?? decoy)
      return fits ? found?.operator : undefined
    } finally {
      underWay[lane] -= 1
    }
  }
}

function readHash({ passwordHash }: Operator, index: number): PasswordHash | undefined {
  if (passwordHash === undefined) return undefined
  try {
    return parsePasswordHash(passwordHash)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ConfigError('of the operators', [{ Pointer: `/operators/${index}/passwordHash`, Message: error.message }])
  }
}

function textOf(fields: unknown, name: string): string {
  const value = typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : ''
}
