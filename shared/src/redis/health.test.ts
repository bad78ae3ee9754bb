import { describe, expect, it } from 'vitest'
import { durabilityOf, memoryOf, readInfo, replicationOf, type RedisSettings } from './health.ts'

const best: RedisSettings = {
  usedBytes: 1_000,
  maxBytes: 0,
  appendOnly: 'yes',
  appendFsync: 'always',
  maxMemoryPolicy: 'noeviction',
  replicas: 0,
  lagSeconds: undefined,
  minReplicasToWrite: 0,
}

describe('durability', () => {
  it.each([
    ['durable', {}],
    ['up to one second may be lost', { appendFsync: 'everysec' }],
    ['not durable', { appendFsync: 'no' }],
    ['not durable', { appendOnly: 'no' }],
    ['not durable', { maxMemoryPolicy: 'allkeys-lru', maxBytes: 5_000 }],
    ['durable', { maxMemoryPolicy: 'allkeys-lru', maxBytes: 0 }],
    ['unknown', { appendFsync: undefined }],
    ['not durable', { appendFsync: undefined, appendOnly: 'no' }],
    ['unknown', { appendOnly: undefined }],
    ['unknown', { maxMemoryPolicy: undefined }],
  ] satisfies [string, Partial<RedisSettings>][])('is %s with %j', (level, settings) => {
    expect(durabilityOf({ ...best, ...settings })).toBe(level)
  })
})

describe('replication', () => {
  it.each([
    ['no replicas', {}],
    ['unbounded', { replicas: 2 }],
    ['bounded', { replicas: 1, minReplicasToWrite: 1 }],
    // it takes no writes until one is back
    ['bounded', { replicas: 0, minReplicasToWrite: 1 }],
    ['unknown', { replicas: 1, minReplicasToWrite: undefined }],
    ['unknown', { replicas: undefined }],
  ] satisfies [string, Partial<RedisSettings>][])('is %s with %j', (level, settings) => {
    expect(replicationOf({ ...best, ...settings })).toBe(level)
  })
})

describe('memory', () => {
  it('is unlimited without maxmemory', () => {
    expect(memoryOf([best])).toEqual({ Status: 'ok', UsedBytes: 1_000, MaxBytes: 'unlimited' })
  })

  it('fails below five per cent free, not at five', () => {
    expect(memoryOf([{ ...best, usedBytes: 950, maxBytes: 1_000 }]).Status).toBe('ok')
    expect(memoryOf([{ ...best, usedBytes: 951, maxBytes: 1_000 }]).Status).toBe('failed')
  })

  it("is the fullest server's", () => {
    const servers = [best, { ...best, usedBytes: 990, maxBytes: 1_000 }, { ...best, usedBytes: 10, maxBytes: 1_000 }]
    expect(memoryOf(servers)).toEqual({ Status: 'failed', UsedBytes: 990, MaxBytes: 1_000 })
  })

  it('is unknown where no server tells', () => {
    expect(memoryOf([])).toEqual({ Status: 'unknown' })
    expect(memoryOf([{ ...best, ...readInfo('') }])).toEqual({ Status: 'unknown' })
  })
})

it('reads the reply to INFO', () => {
  const info =
    '# Memory\r\nused_memory:42\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n# Persistence\r\naof_enabled:0\r\n' +
    '# Replication\r\nrole:master\r\nconnected_slaves:2\r\nslave0:ip=::1,port=1,state=online,offset=14,lag=1\r\n' +
    'slave1:ip=::1,port=2,state=online,offset=14,lag=7\r\n'
  expect(readInfo(info)).toEqual({
    usedBytes: 42,
    maxBytes: 0,
    appendOnly: 'no',
    maxMemoryPolicy: 'noeviction',
    replicas: 2,
    lagSeconds: 7,
  })
})
