import { hashPassword } from '@encounter-gateway/api/operators/password.ts'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { form, keys, operatorApp, ops, PASSWORD, signIn } from '../fixtures/operator-app.ts'

describe('the sign-in', () => {
  it('lets the operator in, with a cookie that scripts and other sites cannot use', async () => {
    const app = await operatorApp()
    const reply = await signIn(app, { next: '/admin/secret' })
    expect(reply.statusCode).toBe(303)
    expect(reply.headers.location).toBe('/admin/secret')
    const set = [reply.headers['set-cookie']].flat().find((each) => each?.startsWith('eg_operator='))
    const [cookie = '', ...attributes] = String(set).split('; ')
    expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Strict', 'Path=/']))
    expect(attributes).not.toContain('Secure')
    const seen = await app.inject({ url: '/admin/secret', headers: { cookie } })
    expect(seen.json()).toEqual({ operator: ops.name, role: 'operator' })
  })

  it('marks the cookie Secure where the request came by https', async () => {
    const reply = await signIn(await operatorApp(), {}, { 'x-forwarded-proto': 'https' })
    for (const set of [reply.headers['set-cookie']].flat()) expect(String(set).split('; ')).toContain('Secure')
  })

  it.each([
    ['a wrong password', { password: 'CANARY-password' }],
    ['an unknown name', { name: 'CANARY-name' }],
    ['no password', { password: '' }],
    ['a name that every object has', { name: 'constructor' }],
  ])('refuses %s, in the same words, and logs neither', async (_what, fields) => {
    const log: string[] = []
    const reply = await signIn(await operatorApp([ops], keys, log), fields)
    expect(reply.statusCode).toBe(401)
    expect(reply.body).toContain('Wrong name or password.')
    expect(reply.headers['set-cookie']).toBeUndefined()
    expect(log.join('')).toContain('operator.refused')
    expect(log.join('') + reply.body).not.toContain('CANARY')
  })

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/admin/..//evil.example/',
    '/admin/%2e%2e//evil.example/',
    '\t//evil.example/',
    'javascript:alert(1)',
    '/administration',
    '/admin/logout',
    '/admin/login?next=/admin/login',
    '',
  ])('never leads away from /admin: next=%j', async (next) => {
    const app = await operatorApp()
    expect((await signIn(app, { next })).headers.location).toBe('/admin')
    expect((await app.inject(`/admin/login?next=${encodeURIComponent(next)}`)).body).toContain(
      'name="next" value="/admin"',
    )
  })

  it('escapes what it puts into the page', async () => {
    const reply = await (
      await operatorApp()
    ).inject(`/admin/login?next=${encodeURIComponent('/admin/"><script>alert(1)</script>')}`)
    expect(reply.body).not.toContain('<script>')
  })

  it('stops a guesser of one account from many addresses, and not the operator on a known device', async () => {
    const guessed = { ...ops, name: `guessed-${randomBytes(4).toString('hex')}` }
    const app = await operatorApp([guessed, ops])
    const { name } = guessed
    const first = await signIn(app, { name })
    const device = [first.headers['set-cookie']].flat().find((each) => each?.startsWith('eg_device='))
    const from = (address: number, fields: object, headers: object = {}) =>
      signIn(app, { name, ...fields }, { 'x-forwarded-for': `192.0.2.${address}`, ...headers })
    for (let tries = 1; tries <= 5; tries++) expect((await from(tries, { password: 'wrong' })).statusCode).toBe(401)
    const stopped = await from(6, { password: 'wrong' })
    expect(stopped.statusCode).toBe(429)
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0)
    // a stranger does not learn whether the password was right
    expect((await from(7, {})).statusCode).toBe(429)
    expect((await from(8, {}, { cookie: device?.split(';', 1)[0] ?? '' })).statusCode).toBe(303)
    expect((await signIn(app, { name: ops.name }, { 'x-forwarded-for': '192.0.2.9' })).statusCode).toBe(303)
  })

  it('stops a guesser of many accounts after ten tries a minute, and not somebody else', async () => {
    const app = await operatorApp()
    const from = (address: string) =>
      signIn(app, { name: randomBytes(8).toString('hex'), password: 'wrong' }, { 'x-forwarded-for': address })
    for (let tries = 0; tries < 10; tries++) expect((await from('192.0.2.1')).statusCode).toBe(401)
    const stopped = await from('192.0.2.1')
    expect(stopped.statusCode).toBe(429)
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0)
    expect(stopped.body).toContain('Too many attempts')
    expect((await from('192.0.2.2')).statusCode).toBe(401)
  })

  it('checks a few passwords at once and asks the others to come again', async () => {
    const slow = { ...ops, passwordHash: await hashPassword(PASSWORD, { N: 2 ** 14, r: 8, p: 2 }) }
    const app = await operatorApp([slow])
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, index) => signIn(app, {}, { 'x-forwarded-for': `192.0.2.${index + 1}` })),
    )
    const [busy, done] = [503, 303].map((code) => replies.filter(({ statusCode }) => statusCode === code).length)
    expect(busy).toBeGreaterThan(0)
    expect(done).toBe(12 - busy!)
    expect((await signIn(app, {}, { 'x-forwarded-for': '192.0.2.99' })).statusCode).toBe(303)
  })

  it('does not take a form from another site', async () => {
    const app = await operatorApp()
    for (const site of ['cross-site', 'same-site']) {
      expect((await signIn(app, {}, { 'sec-fetch-site': site })).statusCode).toBe(403)
    }
    expect((await signIn(app, {}, { 'sec-fetch-site': 'same-origin' })).statusCode).toBe(303)
  })

  it('does not take a form that is too large, or that is no form', async () => {
    const app = await operatorApp()
    expect((await signIn(app, { name: 'x'.repeat(20_000) })).statusCode).toBe(413)
    const twice = await app.inject({
      method: 'POST',
      url: '/admin/login',
      headers: form,
      payload: 'name=ops&name=ops&password=x',
    })
    expect(twice.statusCode).toBe(401)
    const xml = { 'content-type': 'text/xml' }
    expect((await app.inject({ method: 'POST', url: '/admin/login', headers: xml, payload: '<a/>' })).statusCode).toBe(
      415,
    )
  })
})
