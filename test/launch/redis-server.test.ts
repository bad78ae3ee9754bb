import { Redis } from 'ioredis'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { isFree } from '@encounter-gateway/launch/free-port.ts'
import { startRedis, type PrivateRedis } from '@encounter-gateway/launch/redis-server.ts'

const quiet = () => {}

function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'redis-server-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

async function start(dir?: string): Promise<PrivateRedis> {
  const redis = await startRedis({ ...(dir && { dir }), persistent: true, log: quiet })
  onTestFinished(redis.close)
  return redis
}

function connect(url: string): Redis {
  const client = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0 })
  client.on('error', quiet)
  onTestFinished(() => client.disconnect())
  return client
}

test('acknowledges nothing that is not on disk, and drops nothing when memory is full', async () => {
  const client = connect((await start()).url)
  const setting = async (name: string) => [name, String((await client.config('GET', name)).at(1))]
  const names = ['appendonly', 'appendfsync', 'maxmemory', 'maxmemory-policy', 'save', 'bind']
  expect(Object.fromEntries(await Promise.all(names.map(setting)))).toEqual({
    appendonly: 'yes',
    appendfsync: 'always',
    maxmemory: String(1024 ** 3),
    'maxmemory-policy': 'noeviction',
    save: '',
    bind: expect.stringMatching(/^(127\.0\.0\.1|0\.0\.0\.0)$/),
  })
})

test('lets nobody in without the password', async () => {
  const { url } = await start()
  const stranger = connect(url.replace(/:\w+@/, ''))
  await expect(stranger.ping()).rejects.toThrow('NOAUTH')
})

test('keeps its data in its folder from one start to the next', async () => {
  const dir = temporaryFolder()
  const first = await startRedis({ dir, persistent: true, log: quiet })
  await connect(first.url).set('key', 'kept')
  await first.close()
  expect(await connect((await start(dir)).url).get('key')).toBe('kept')
})

test('leaves neither a process nor a folder behind when its data were temporary', async () => {
  const before = leftFolders()
  const redis = await startRedis({ persistent: true, log: quiet })
  expect(leftFolders().length).toBe(before.length + 1)
  await redis.close()
  expect(leftFolders()).toEqual(before)
  await expect(connect(redis.url).ping()).rejects.toThrow('closed')
})

test('ends the Redis that was left running in its folder before it starts another there', async () => {
  const dir = temporaryFolder()
  const left = await start(dir)
  await connect(left.url).set('key', 'kept')
  const next = await start(dir)
  await left.ended
  expect(await connect(next.url).get('key')).toBe('kept')
})

test('ends with the process that started it, even one that was killed', async () => {
  const dir = temporaryFolder()
  const script = `
    import { startRedis } from ${JSON.stringify(new URL('../../shared/launch/redis-server.ts', import.meta.url).href)}
    const { url } = await startRedis({ dir: ${JSON.stringify(dir)}, persistent: true, log: () => {} })
    console.log(url)
    setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void owner.kill('SIGKILL'))
  const [url] = (await once(owner.stdout, 'data')) as [Buffer]
  const client = connect(url.toString().trim())
  await client.ping()
  const closed = new Promise((resolve) => client.once('close', resolve))
  owner.kill('SIGKILL')
  await closed
  await vi.waitFor(() => expect(isFree(Number(new URL(url.toString()).port))).resolves.toBe(true))
})

test('says what to do when its folder cannot be written to', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  await expect(start(join(file, 'redis'))).rejects.toThrow(
    `Redis cannot keep its data in ${join(file, 'redis')} (ENOTDIR): use a folder which you may write to.`,
  )
})

test('says what to do when its data are damaged', async () => {
  const dir = temporaryFolder()
  const first = await startRedis({ dir, persistent: true, log: quiet })
  await connect(first.url).set('key', 'kept')
  await first.close()
  const folder = join(dir, 'appendonlydir')
  const increment = readdirSync(folder).find((name) => name.endsWith('.incr.aof')) ?? ''
  appendFileSync(join(folder, increment), 'this is no command\r\n')
  await expect(start(dir)).rejects.toThrow(
    /cannot read its data in .*: repair them with redis-check-aof, or move that folder away/,
  )
})

test('says which three ways there are when there is no Redis new enough', async () => {
  const dir = temporaryFolder()
  writeFileSync(join(dir, 'redis-server'), '#!/bin/sh\necho "Redis server v=5.0.7 sha=00000000:0"\n')
  chmodSync(join(dir, 'redis-server'), 0o755)
  vi.stubEnv('PATH', dir)
  onTestFinished(() => void vi.unstubAllEnvs())
  const refused = start()
  await expect(refused).rejects.toThrow(`${dir}/redis-server is only version 5.0.7`)
  await expect(refused).rejects.toThrow(
    /install redis-server .* or start Docker, or run this as a user who may install packages/,
  )
})

function leftFolders(): string[] {
  return readdirSync(tmpdir()).filter(
    (name) => name.startsWith('encounter-gateway-redis-') && existsSync(join(tmpdir(), name)),
  )
}
