import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { DEMO_HEADERS } from '@encounter-gateway/launch/demonstrate.ts'
import { LOCAL_CONFIG } from '@encounter-gateway/launch/local-config.ts'
import { npmStart, ownPlace, processesOf, processOf } from './npm-start.ts'
import { paced } from '../fixtures/pace.ts'

/** Each look starts a `ps`. */
const PATIENCE = { timeout: paced(25_000), interval: 250 }

test('shows 202, then 201 and the webhook about it, says once that it is ready, and leaves nothing running after Ctrl-C', async () => {
  using place = await ownPlace()
  await using gateway = npmStart(place.env)
  await gateway.said(/^ready .*$/m)
  const [, pasted = ''] = /^### Be notified\n.*?```sh\n(.*?)```/ms.exec(readFileSync('README.md', 'utf8')) ?? []
  const names = { GATEWAY_URL: place.gateway, GATEWAY_APPLICATION_NAME: 'demo', GATEWAY_APPLICATION_KEY: 'demo-key' }
  const typed = execFileSync('sh', ['-ec', pasted], { env: { ...process.env, ...names }, encoding: 'utf8' })
  expect(typed).toMatch(/^ep_config {2}Enabled .*^\S+ {2}msg_test_\w+ {2}webhook\.test {2}Delivered /ms)
  const test = await gateway.said(/^Webhook {2}webhook\.test: .*$/m)
  gateway.pressCtrlC()
  await gateway.ended

  const output = gateway.output()
  expect(output).toMatch(/^POST \/api\/v1\/Sandbox\/PatientEncounters {2}-> {2}202 {2}JobId [a-z][0-9a-z]{19}$/m)
  expect(output).toMatch(/^GET {2}\/api\/v1\/Jobs\/[0-9a-z]{20}\/Result {2}-> {2}201 {2}{"EncounterId":".+"/m)
  const [, jobId = ''] = /JobId (\w+)/.exec(output) ?? []
  const webhook = `Webhook  encounter.created: Sandbox has the encounter of job ${jobId} (signature verified)`
  expect(output.split('\n').filter((line) => line.startsWith('Webhook'))).toEqual([webhook, test[0]])
  expect(output.indexOf(webhook)).toBeLessThan(output.indexOf('ready '))
  expect(output.match(/^ready .*$/gm)).toEqual([`ready ${place.gateway}`])
  expect(output).not.toContain('sample string')
  expect(processesOf(place.dir)).toEqual([])
})

test('has the jobs of the last run, and the key to open them', async () => {
  using place = await ownPlace()
  const sealingKey = () => readFileSync(join(place.dir, 'sealing-key'), 'utf8')
  let jobId = ''
  let firstKey = ''
  {
    await using first = npmStart(place.env)
    const [, id = ''] = await first.said(/JobId (\w+)/)
    await first.said(/^ready/m)
    jobId = id
    firstKey = sealingKey()
    first.pressCtrlC()
    await first.ended
  }
  await using second = npmStart(place.env)
  await second.said(/^ready/m)
  const answer = await fetch(`${place.gateway}/api/v1/Jobs/${jobId}`, { headers: DEMO_HEADERS })
  expect(((await answer.json()) as Job).Status).toBe('Succeeded')
  expect(sealingKey()).toBe(firstKey)
})

test('refuses to share its folder with a second one, naming the folder and the process', async () => {
  using place = await ownPlace()
  using elsewhere = await ownPlace()
  await using first = npmStart(place.env)
  await first.said(/^ready/m)
  await using second = npmStart({ ...elsewhere.env, DATA_DIR: place.dir })
  expect(await second.ended).toBe('exit code 1')
  expect(second.output()).toMatch(new RegExp(`^A gateway is running in ${place.dir} already \\(process \\d+\\): `, 'm'))
  expect((await fetch(`${place.gateway}/readyz`)).status).toBe(200)
})

test.each(['PORT', 'WORKER_PORT', 'SANDBOX_PORT'] as const)(
  'says which port is in use, and that %s changes it',
  async (variable) => {
    using place = await ownPlace()
    const server = createServer().listen(place.ports[variable], '127.0.0.1')
    await once(server, 'listening')
    try {
      await using gateway = npmStart(place.env)
      expect(await gateway.ended).toBe('exit code 1')
      expect(gateway.output()).toMatch(
        new RegExp(`^Port ${place.ports[variable]} is in use: .* ${variable}=\\d+ npm start\\.$`, 'm'),
      )
      expect(processesOf(place.dir)).toEqual([])
    } finally {
      server.close()
    }
  },
)

test('says in one sentence that the Redis of REDIS_URL cannot be reached', async () => {
  using place = await ownPlace()
  await using gateway = npmStart({ ...place.env, REDIS_URL: `redis://127.0.0.1:${place.ports.PORT}` })
  expect(await gateway.ended).toBe('exit code 1')
  expect(gateway.output()).toMatch(/^Redis at REDIS_URL cannot be used: .*ECONNREFUSED/m)
  expect(gateway.output()).not.toMatch(/^\s+at /m)
})

test.each([
  ['The worker', /^\S+ --import \S+ worker\/src\/main.ts/],
  ['The API', /^\S+ --import \S+ (?:--\S+ )+api\/src\/server.ts/],
  ['Redis', /^\S+redis-server 127/],
])('brings everything down when %s ends, and says that it did', async (name, command) => {
  using place = await ownPlace()
  await using gateway = npmStart(place.env)
  await gateway.said(/^ready/m)
  process.kill(processOf(place.dir, command), 'SIGKILL')
  expect(await gateway.ended).toBe('exit code 1')
  expect(gateway.output()).toMatch(new RegExp(`^${name} ended unexpectedly`, 'm'))
  expect(processesOf(place.dir)).toEqual([])
})

test('takes GATEWAY_CONFIG, and leaves nothing running when the launcher itself is killed', async () => {
  using place = await ownPlace()
  const config = join(place.dir, 'own.json')
  writeFileSync(config, readFileSync(LOCAL_CONFIG, 'utf8').replace('"name": "demo"', '"name": "own"'))
  await using gateway = npmStart({ ...place.env, LOG_LEVEL: 'info', GATEWAY_CONFIG: config })
  await gateway.said(/^ready/m)
  expect(gateway.output()).toContain(`${config} (GATEWAY_CONFIG)`)
  expect(gateway.output()).not.toMatch(/^POST |demo/m)
  process.kill(processOf(place.dir, /^node shared\/launch\/start.ts/), 'SIGKILL')
  await vi.waitFor(() => expect(processesOf(place.dir)).toEqual([]), PATIENCE)
})
