import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { newSecret } from '@encounter-gateway/shared/webhooks/signing-secrets.ts'
import type { WebhookEndpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import { attemptDelivery } from '@encounter-gateway/worker/webhooks/deliver-webhook.ts'
import { openWebhookSender, type WebhookSender } from '@encounter-gateway/worker/webhooks/post-webhook.ts'
import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { spawnChild } from '../fixtures/child.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const folder = fileURLToPath(new URL('../../api/client/receivers/', import.meta.url))
const receivers = [
  { file: 'receiver.ts', command: [process.execPath] },
  { file: 'receiver.py', command: ['python3'] },
  { file: 'Receiver.java', command: ['java', '-XX:TieredStopAtLevel=1'], needs: 'javac' },
]

/** Whether a program can be started here. */
function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const message = (id: string, type = 'encounter.created') => {
  const data = { JobId: 'q3f0a7k2m9x1c8v5b6n4', EMRSystem: 'Sandbox', EmrInstance: 'größer', StatusCode: 201 }
  return {
    feedId: '1-1',
    id,
    tries: 0,
    lease: 0,
    body: JSON.stringify({ type, timestamp: '2026-11-23T12:00:00.007Z', data }),
  }
}

test.for(receivers)('$file takes what the gateway sends, and refuses what was changed', async (about, context) => {
  const { file, command, needs = command[0] ?? '' } = about
  context.skip(!has(needs), `${file} needs ${needs}, which is not installed here`)
  const [secret, next] = [newSecret('v1'), newSecret('v1')]
  const port = await findFreePort()
  const [program = '', ...options] = command
  const child = spawnChild(program, [...options, `${folder}${file}`], {
    env: { PATH: process.env['PATH'], WEBHOOK_SECRET: secret, PORT: String(port) },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const listens = async () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
  await expect.poll(listens, PATIENCE).toBe(true)

  const stopping = new AbortController()
  const rules = { allowHttp: true, allowHosts: ['127.0.0.1'] }
  const sender = openWebhookSender({ rules, stopping: stopping.signal })
  onTestFinished(() => sender.close())
  /** A try by the worker, which somebody may change on its way. */
  async function deliver(id: string, secrets = [secret], change: (sent: Sent) => Sent = (sent) => sent) {
    const between: Pick<WebhookSender, 'post'> = {
      post: async (url, headers, body) => {
        const changed = change({ headers, body })
        return sender.post(url, changed.headers, changed.body)
      },
    }
    const endpoint = { endpointId: 'ep_1', url: `http://127.0.0.1:${port}/hooks`, body: 'thin', headers: {} } as const
    const signing: WebhookEndpoint = { ...endpoint, createdAt: 0, secrets: secrets.map((each) => ({ secret: each })) }
    const at = { sender: between, scheduleMs: [], fullBody: async () => '', log: pino({ level: 'silent' }) }
    return (await attemptDelivery('demo', message(id), signing, at)).try.status
  }
  const withHeader = (name: string, value: string) => (sent: Sent) => ({
    ...sent,
    headers: { ...sent.headers, [name]: value },
  })

  expect(await deliver('msg_a_1')).toBe(204)
  expect(await deliver('msg_a_1')).toBe(204)
  expect(await deliver('msg_b_1', [next, secret])).toBe(204)
  expect(await deliver('msg_c_1', [newSecret('v1a'), secret])).toBe(204)
  const refused = [
    await deliver('msg_d_1', [next]),
    await deliver('msg_d_1', [newSecret('v1a')]),
    await deliver('msg_d_1', [secret], ({ headers, body }) => ({ headers, body: body.replace('201', '200') })),
    await deliver('msg_d_1', [secret], ({ headers, body }) => ({ headers, body: `${body} ` })),
    await deliver('msg_d_1', [secret], withHeader('webhook-id', 'msg_e_1')),
    await deliver('msg_d_1', [secret], withHeader('webhook-timestamp', String(Math.floor(Date.now() / 1_000) - 301))),
    await deliver('msg_d_1', [secret], withHeader('webhook-timestamp', 'now')),
    await deliver('msg_d_1', [secret], withHeader('webhook-signature', 'v1,')),
    await deliver('msg_d_1', [secret], withHeader('webhook-signature', '')),
  ]
  expect(refused).toEqual(refused.map(() => 401))
  await expect.poll(() => lines.map((line) => line.split(' ')[0]), PATIENCE).toEqual(['msg_a_1', 'msg_b_1', 'msg_c_1'])
  expect(lines.every((line) => line.includes('encounter.created'))).toBe(true)
})
type Sent = { headers: Record<string, string>; body: string }

test('docs/webhooks.md shows the receivers as they are, and names each', () => {
  const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8')
  for (const file of readdirSync(folder)) expect(page).toContain(`](../api/client/receivers/${file})`)
  for (const [language, file] of Object.entries({ ts: 'receiver.ts', python: 'receiver.py' })) {
    expect(page).toContain(`\`\`\`${language}\n${readFileSync(`${folder}${file}`, 'utf8')}\`\`\``)
  }
})
