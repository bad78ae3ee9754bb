import { createHash } from 'node:crypto'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { connectRedis, untilReady } from '../redis/connect.ts'
import { sealingKey } from '../sealing/seal.ts'
import { openAudit, type AuditEntry } from './audit.ts'
import { AUDIT_HEAD_KEY, AUDIT_KEY } from './keys.ts'

// the log is one for a whole Redis, so the test takes a database of its own
const redis = connectRedis(`${process.env['REDIS_URL']}/9`, 'producer')
await untilReady(redis)
const key = (id: string) => sealingKey(id, createHash('sha256').update(id).digest())
const audit = openAudit(redis, [key('k1')])
const act = (Action: string): AuditEntry => ({ Actor: 'ops', Kind: 'operator', Action, Reason: 'a test' })

beforeEach(() => redis.del(AUDIT_KEY, AUDIT_HEAD_KEY))
afterAll(async () => {
  await redis.del(AUDIT_KEY, AUDIT_HEAD_KEY)
  redis.disconnect()
})

/** Puts an entry back with other fields, as somebody with access to Redis might. */
async function replace(id: string, change: (fields: string[]) => string[]): Promise<void> {
  const entries = await redis.xrange(AUDIT_KEY, '-', '+')
  await redis.del(AUDIT_KEY)
  for (const [each, fields] of entries) await redis.xadd(AUDIT_KEY, each, ...(each === id ? change(fields) : fields))
}

test('entries of simultaneous acts form one chain, and are listed newest first', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, n) => audit.append(act(`Act${n}`))))
  expect(await audit.verify()).toMatchObject({ entries: 20 })
  const first = await audit.page(undefined, 15)
  const rest = await audit.page(first.at(-1)?.Id, 15)
  expect(new Set([...first, ...rest].map(({ Action }) => Action)).size).toBe(20)
  expect(first[0]).toMatchObject({ Actor: 'ops', Kind: 'operator', Reason: 'a test', KeyId: 'k1' })
})

test('a changed, removed, inserted or cut off entry is found', async () => {
  const ids: string[] = []
  for (const name of ['One', 'Two', 'Three', 'Four']) ids.push((await audit.append(act(name))).Id)
  const [, two = '', , four = ''] = ids
  const whole = await redis.xrange(AUDIT_KEY, '-', '+')
  const restore = async () => {
    await redis.del(AUDIT_KEY)
    for (const [id, fields] of whole) await redis.xadd(AUDIT_KEY, id, ...fields)
  }
  await replace(two, (fields) => fields.map((text) => text.replace('a test', 'another')))
  expect(await audit.verify()).toMatchObject({ broken: { Id: two, Why: 'its content was changed' } })
  await restore()
  await redis.xdel(AUDIT_KEY, two)
  expect(await audit.verify()).toMatchObject({ entries: 1, broken: { Id: ids[2] } })
  await restore()
  await redis.xdel(AUDIT_KEY, four)
  expect(await audit.verify()).toMatchObject({ entries: 3, broken: { Why: 'entries after it are missing' } })
  await restore()
  expect(await audit.verify()).toMatchObject({ entries: 4 })
})

test('a chain goes on over a new sealing key, and names the key that is missing', async () => {
  await audit.append(act('Before'))
  const rotated = openAudit(redis, [key('k2'), key('k1')])
  await rotated.append(act('After'))
  expect(await rotated.verify()).toEqual(expect.not.objectContaining({ broken: expect.anything() }))
  expect(await openAudit(redis, [key('k2')]).verify()).toMatchObject({
    broken: { Why: 'its sealing key k1 is not configured' },
  })
})

test('old entries are forgotten, and the rest still verifies', async () => {
  for (let n = 0; n < 300; n++) await audit.append(act(`Act${n}`))
  await audit.forget(0)
  expect((await audit.verify()).broken).toBeUndefined()
})
