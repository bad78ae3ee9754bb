import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { demoKey, startProcesses } from '../fixtures/processes.ts'
import { createdOf, openCommandLine } from './command-line.ts'

const program = fileURLToPath(new URL('../../api/client/cli/encounter-gateway.mjs', import.meta.url))
const generator = fileURLToPath(new URL('../generator/generate.ts', import.meta.url))

test('“Submit many” of the README, pasted whole, creates each encounter once', async () => {
  const redisUrl = `${process.env['REDIS_URL'] ?? ''}/6`
  await using gateway = await startProcesses({ redisUrl, settings: { requestsPerSecond: 5_000, concurrency: 50 } })
  using cli = openCommandLine(gateway)
  const [, section = ''] = /^### Submit many\n(.*?)^### /ms.exec(readFileSync('README.md', 'utf8')) ?? []
  const block = [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text = '']) => text).join('\n')
  const bin = join(cli.folder, 'bin')
  mkdirSync(bin)
  for (const [name, command] of Object.entries({
    npx: `shift; exec "${process.execPath}" "${program}" "$@"`,
    npm: `shift 4; exec "${process.execPath}" "${generator}" "$@"`,
  })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${command}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const file = join(cli.folder, 'encounters.ndjson')
  const here = block
    .replaceAll('http://127.0.0.1:3000', gateway.url)
    .replaceAll('demo-key', demoKey)
    .replaceAll('/tmp/encounters.ndjson', file)
    .replaceAll('--count 1000', '--count 200')
    .replaceAll(" -H 'Idempotency-Key", ` -H 'EmrInstance: ${gateway.emrInstance}' -H 'Idempotency-Key`)
  const env = { PATH: `${bin}:${process.env['PATH']}`, GATEWAY_EMR_INSTANCE: gateway.emrInstance }
  const shell = spawn('sh', ['-c', here], { cwd: cli.folder, env, stdio: ['ignore', 'ignore', 'inherit'] })
  await once(shell, 'close')
  const patients = readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => /"PatientId":"([^"]+)"/.exec(line)?.[1] ?? [])
  const created = [...(await createdOf(gateway.sandboxUrl, patients))]
  expect(created.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(180)
  // patients return
  const linesOf = (patient: string) => patients.filter((each) => each === patient).length
  expect(created.filter(([patient, count]) => count > linesOf(patient))).toEqual([])
}, 90_000)
