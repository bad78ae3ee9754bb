import { ops as run } from '../../api/client/cli/commands/ops.ts'
import type { Terminal } from '../../api/client/cli/terminal.ts'
import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCommandLine, type CommandLine } from '../client/command-line.ts'
import { failed, openIngress, unknown, type Ingress } from '../fixtures/ingress.ts'

const hashOf = (token: string) => `sha256:${createHash('sha256').update(token).digest('hex')}`
let gateway: Ingress
let cli: CommandLine
let url: string

beforeAll(async () => {
  gateway = await openIngress({
    webhooks: { allowHosts: ['hooks.test'] },
    operators: [
      { name: 'seer', role: 'viewer', tokenHash: hashOf('seer-token') },
      { name: 'doer', role: 'operator', tokenHash: hashOf('doer-token') },
      { name: 'checker', role: 'auditor', tokenHash: hashOf('checker-token') },
    ],
  })
  await gateway.app.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`
  cli = openCommandLine({ url, emrInstance: gateway.emrInstance })
})
afterAll(async () => {
  cli?.[Symbol.dispose]()
  await gateway?.[Symbol.asyncDispose]()
})

/** Runs a command in this process: a process for each would cost a second of CPU. A refusal's code is its HTTP status. */
async function ops(args: string[], token = 'doer-token') {
  let out = ''
  const write = (text: string) => Boolean((out += text))
  const terminal = {
    out: { write },
    err: { write },
    env: { GATEWAY_URL: url, GATEWAY_OPERATOR_TOKEN: token },
    json: args.includes('--json'),
    remark: write,
  } as unknown as Terminal
  try {
    return { exitCode: await run(args, terminal, new AbortController().signal), out }
  } catch (error) {
    const { exitCode, status, message } = error as { exitCode?: number; status?: number; message: string }
    return { exitCode: exitCode ?? status, out, err: message }
  }
}
const because = ['--reason', 'for the test']

test('connections are listed and given orders, which need a reason', async () => {
  const place = ['Sandbox', gateway.emrInstance]
  expect(await ops(['now'], 'seer-token')).toMatchObject({ exitCode: 1, out: expect.stringContaining('NoWorkers') })
  expect(await ops(['pause', ...place])).toMatchObject({ exitCode: 64, err: expect.stringContaining('--reason') })
  expect(await ops(['pause', ...place, '--minutes', '30', ...because])).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/^Paused .*doer: for the test.*until/),
  })
  expect(await ops(['resume', ...place, ...because], 'seer-token')).toMatchObject({ exitCode: 403 })
  expect(await ops(['resume', ...place, ...because])).toMatchObject({ exitCode: 0 })
  const limits = await ops(['limits', ...place, '--concurrency', '3', ...because, '--json'])
  expect(JSON.parse(limits.out)).toMatchObject({ Concurrency: 3 })
  expect(await ops(['pause', 'Sandbox', 'nowhere', ...because])).toMatchObject({ exitCode: 404 })
})

test('what failed is retried by filter: counted first, done with --yes', async () => {
  const job = await gateway.accept()
  await gateway.finish(job, failed)
  const filter = ['--status', 'Failed', '--instance', gateway.emrInstance]
  expect((await ops(['jobs', ...filter])).out).toContain(job)
  const counted = await ops(['retry', ...filter])
  expect(counted.out).toBe('1 job matches; nothing was done: repeat it with --yes\n')
  expect((await ops(['retry', ...filter, '--yes', ...because])).out).toBe('1 job done, 0 skipped\n')
  expect((await ops(['job', job])).out).toMatch(/Queued[^]*Accepted[^]*Failed/)
  expect(await ops(['jobs', '--status', 'Fialed'])).toMatchObject({
    exitCode: 400,
    err: expect.stringContaining('Status'),
  })
})

test('a night in doubt is resolved from a table', async () => {
  const [there, absent, send, one] = await Promise.all(Array.from({ length: 4 }, () => gateway.accept()))
  for (const id of [there, absent, send, one]) await gateway.finish(id ?? '', unknown)
  expect((await ops(['in-doubt', '--instance', gateway.emrInstance])).out.trim().split('\n')).toHaveLength(4)
  expect(await ops(['resolve', one ?? '', ...because])).toMatchObject({ exitCode: 64 })
  expect((await ops(['resolve', one ?? '', '--created', 'E-1', ...because])).out).toContain('Succeeded')

  cli.write('bad.csv', `JobId,EncounterId,Then\n${there},E-2,Send\nnonsense,E-3,\n`)
  const bad = await ops(['resolve', '--csv', join(cli.folder, 'bad.csv'), ...because, '--yes'])
  expect(bad).toMatchObject({ exitCode: 65, err: expect.stringMatching(/row 2:.*\nrow 3:/) })

  cli.write('night.csv', `JobId;EncounterId;Then\n${there};E-2;\n${absent};;fail\n${send};;Send\n${one};E-4;\n`)
  const counted = await ops(['resolve', '--csv', join(cli.folder, 'night.csv'), ...because])
  expect(counted.out).toContain('2 are there, 1 to send, 1 to fail; nothing was done')
  const done = await ops(['resolve', '--csv', join(cli.folder, 'night.csv'), ...because, '--yes', '--json'])
  expect(done.exitCode).toBe(1)
  expect(JSON.parse(done.out)).toMatchObject({ Resolved: 3, Refused: [{ JobId: one }] })
  const jobs = await Promise.all([there, absent, send].map((id) => gateway.get(`/api/v1/Jobs/${id}`)))
  expect(jobs.map((each) => each.json<{ Status: string }>().Status)).toEqual(['Succeeded', 'Failed', 'Queued'])
})

test('endpoints are listed, disabled and enabled; auditors read what was done', async () => {
  const made = await gateway.put('POST', '/api/v1/WebhookEndpoints', { Url: 'https://hooks.test/in' })
  const { EndpointId } = made.json<{ EndpointId: string }>()
  expect((await ops(['disable', EndpointId, ...because])).out).toContain('disabled by an operator')
  expect((await ops(['enable', EndpointId, ...because])).exitCode).toBe(0)
  expect((await ops(['webhooks'])).out).toContain(EndpointId)
  const recover = ['recover', EndpointId, '--since', new Date(0).toISOString()]
  expect((await ops(recover)).out).toContain('0 messages not received; nothing was done')
  expect((await ops(['deliveries', EndpointId])).exitCode).toBe(0)
  expect((await ops(['audit', '--actor', 'doer'], 'checker-token')).out).toMatch(/Webhook\/Enable.*for the test/)
  expect((await ops(['audit'])).exitCode).toBe(403)
  expect((await ops(['workers'])).exitCode).toBeLessThan(2)
})

test('a missing or wrong token, and an unknown action, are said in one line', async () => {
  expect(await ops(['now'], '')).toMatchObject({ exitCode: 78, err: expect.stringContaining('GATEWAY_OPERATOR_TOKEN') })
  const wrong = await cli.run(['ops', 'now'], { GATEWAY_OPERATOR_TOKEN: 'wrong-token' })
  expect(wrong).toMatchObject({ exitCode: 77, err: expect.stringMatching(/^.*\n$/) })
  expect(await ops(['nwo'])).toMatchObject({ exitCode: 64 })
  expect(await cli.run(['ops', '--help'])).toMatchObject({ exitCode: 0, out: expect.stringContaining('--token-file') })
})
