import { sealingKey } from '@encounter-gateway/shared/sealing/seal.ts'
import { openOperatorSessions } from '@encounter-gateway/shared/records/operator-sessions.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { form, keys, operatorApp, ops, page, sessionCookie } from '../fixtures/operator-app.ts'
import { connectBoth, sharedRedisUrl } from '../fixtures/redis-server.ts'

describe('without a session', () => {
  it('sends a browser to the sign-in, which remembers where it wanted to go', async () => {
    const app = await operatorApp()
    const reply = await app.inject({ url: '/admin/secret?tab=2', headers: page })
    expect(reply.statusCode).toBe(303)
    expect(reply.headers.location).toBe('/admin/login?next=%2Fadmin%2Fsecret%3Ftab%3D2')
    const shown = await app.inject(String(reply.headers.location))
    expect(shown.statusCode).toBe(200)
    expect(shown.body).toContain('<input type="hidden" name="next" value="/admin/secret?tab&#61;2"')
  })

  it('sends whoever asks for /admin to the sign-in, with and without the slash', async () => {
    const app = await operatorApp()
    for (const url of ['/admin', '/admin/'])
      expect((await app.inject(url)).headers.location).toMatch(/^\/admin\/login\?next=/)
  })

  it.each([
    ['GET', '/admin/queues/api/queues'],
    ['POST', '/admin/secret'],
    ['POST', '/admin/logout'],
  ] as const)('refuses a program: %s %s', async (method, url) => {
    const reply = await (
      await operatorApp()
    ).inject({ method, url, headers: form, payload: method === 'POST' ? 'a=b' : '' })
    expect(reply.statusCode).toBe(401)
    expect(reply.headers['content-type']).toContain('application/problem+json')
    expect(reply.json()).toMatchObject({ status: 401, title: 'Unauthorized' })
  })

  it('refuses a program that asks for JSON', async () => {
    const reply = await (await operatorApp()).inject({ url: '/admin/secret', headers: { accept: 'application/json' } })
    expect(reply.statusCode).toBe(401)
  })

  it.each([
    '/%61dmin/secret',
    '/admin/%73ecret',
    '/admin/secret?x=/admin/login',
    '/admin/secret#/admin/login',
    '/admin/secret;/admin/login',
  ])('gives nothing away however the URL is written: %s', async (url) => {
    const reply = await (await operatorApp()).inject({ url, headers: page })
    expect([303, 404]).toContain(reply.statusCode)
    expect(reply.body).not.toContain('operator')
  })

  it('leaves other paths alone', async () => {
    expect((await (await operatorApp()).inject('/administration')).json()).toEqual({ open: true })
  })
})

describe('a session', () => {
  it('is taken by every process of the gateway', async () => {
    const cookie = await sessionCookie(await operatorApp())
    const elsewhere = await operatorApp([ops], [sealingKey('k2', Buffer.alloc(32, 8)), ...keys])
    expect((await elsewhere.inject({ url: '/admin/secret', headers: { cookie } })).statusCode).toBe(200)
  })

  it.each([
    ['is removed', [{ ...ops, name: 'else' }]],
    ['gets another role', [{ ...ops, role: 'viewer' as const }]],
    ['gets another password', [{ ...ops, passwordHash: 'scrypt:1024:8:1:AAAA:AAAA' }]],
    ['may see fewer connections', [{ ...ops, connections: ['Sandbox.*'] }]],
  ])('ends when the operator %s', async (_what, changed) => {
    const cookie = await sessionCookie(await operatorApp())
    const app = await operatorApp(changed)
    expect((await app.inject({ url: '/admin/secret', headers: { cookie } })).statusCode).toBe(303)
  })

  it('ends with the sign-out, also for whoever has copied the cookie', async () => {
    const app = await operatorApp()
    const cookie = await sessionCookie(app)
    expect((await app.inject({ url: '/admin/login?next=/admin/secret', headers: { cookie } })).headers.location).toBe(
      '/admin/secret',
    )
    const out = await app.inject({ method: 'POST', url: '/admin/logout', headers: { ...form, cookie }, payload: '' })
    expect(out.statusCode).toBe(303)
    expect(String(out.headers['set-cookie'])).toMatch(/^eg_operator=; .*Path=\//)
    expect((await app.inject({ url: '/admin/secret', headers: { cookie } })).statusCode).toBe(303)
  })

  it('ends after a quarter of an hour without a request, and after eight hours in any case', async () => {
    using redis = await connectBoth(sharedRedisUrl())
    const sessions = openOperatorSessions(redis.redis)
    const { token } = await sessions.start('ops', 'print')
    const [key = ''] = await keyOf(redis.redis, token)
    await redis.redis.pexpire(key, 1_000)
    expect(await sessions.read(token, { isIdle: true })).toMatchObject({ name: 'ops' })
    expect(await redis.redis.pttl(key)).toBeLessThanOrEqual(1_000)
    await sessions.read(token)
    expect(await redis.redis.pttl(key)).toBeGreaterThan(14 * 60_000)
    const stored = JSON.parse((await redis.redis.get(key)) ?? '{}') as object
    await redis.redis.set(key, JSON.stringify({ ...stored, startedAt: Date.now() - 8 * 3_600_000 }), 'KEEPTTL')
    expect(await sessions.read(token)).toBeUndefined()
    expect(JSON.stringify([key, stored])).not.toContain(token)
  })
})

async function keyOf(redis: RedisClient, token: string): Promise<string[]> {
  const name = createHash('sha256').update(token).digest('base64url')
  return redis.keys(`eg:operator-session:${name}`)
}

it('sends every page and refusal with headers that keep it out of frames, caches and other sites', async () => {
  const app = await operatorApp()
  for (const url of ['/admin/login', '/admin/secret', '/admin/queues/api/queues']) {
    const { headers } = await app.inject(url)
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  }
})

it('is not there at all without operators', async () => {
  const app = await operatorApp([])
  for (const url of ['/admin', '/admin/', '/admin/login', '/admin/secret', '/admin/queues/api/queues']) {
    expect((await app.inject(url)).statusCode).toBe(404)
  }
})

it('does not start with a password hash that scrypt cannot be run with, and says which', async () => {
  const unfit = { ...ops, name: 'new', passwordHash: 'scrypt:1000:8:1:AA==:AA==' }
  await expect(operatorApp([ops, unfit])).rejects.toMatchObject({
    name: 'ConfigError',
    mistakes: [{ Pointer: '/operators/1/passwordHash', Message: expect.stringContaining('power of 2') }],
  })
})
