import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Batch, PatientEncounterRequest } from '@encounter-gateway/client/index.ts'
import { spawnChild } from '../fixtures/child.ts'
import { demoKey, type Processes } from '../fixtures/processes.ts'
import { encounterAt } from '../generator/encounters.ts'

const program = fileURLToPath(new URL('../../api/client/cli/encounter-gateway.mjs', import.meta.url))

/** What a command has written, and how it ended. */
export type Ended = { exitCode: number | null; out: string; err: string }

/**
 * The command line as a process of its own in a folder of its own, with credentials in its environment; `command` is that of
 * the sources on the Node of the tests, or another.
 */
export function openCommandLine(
  gateway: Pick<Processes, 'url' | 'emrInstance'>,
  [node, ...script]: [string, ...string[]] = [process.execPath, program],
) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-client-'))
  const credentials = {
    GATEWAY_URL: gateway.url,
    GATEWAY_APPLICATION_NAME: 'demo',
    GATEWAY_APPLICATION_KEY: demoKey,
    GATEWAY_LOGIN_ID: 'doctor-login',
    GATEWAY_PASSWORD: 'doctor-password',
  }
  const said: string[] = []
  /** Starts a command, its output piped. */
  const start = (args: string[], environment: NodeJS.ProcessEnv = {}) => {
    const { PATH, NODE_COMPILE_CACHE } = process.env
    const env = { PATH, NODE_COMPILE_CACHE, ...credentials, ...environment }
    const child = spawnChild(node, [...script, ...args], { cwd: folder, env })
    const exited = once(child, 'close') as Promise<[number | null]>
    const ended = Promise.all([text(child.stdout), text(child.stderr), exited]).then(
      ([out, err, [exitCode]]): Ended => {
        said.push(out, err)
        return { exitCode, out, err }
      },
    )
    return { child, ended }
  }
  const run = (args: string[], environment?: NodeJS.ProcessEnv) => start(args, environment).ended
  const toGateway = ['--emr', 'Sandbox', '--instance', gateway.emrInstance]
  return {
    folder,
    start,
    run,
    /** `submit` to the Sandbox EMR of this gateway. */
    submit: (file: string, args: string[] = [], environment?: NodeJS.ProcessEnv) =>
      run(['submit', file, ...toGateway, ...args], environment),
    startSubmit: (file: string, args: string[], environment?: NodeJS.ProcessEnv) =>
      start(['submit', file, ...toGateway, ...args], environment),
    /** Runs a command with `--json` and gives what it has written. */
    async json<Content>(args: string[]): Promise<Content> {
      const { out, err } = await run([...args, '--json'])
      if (!out) throw new Error(`nothing was written: ${err}`)
      return JSON.parse(out) as Content
    },
    write(name: string, content: string | Buffer): string {
      writeFileSync(join(folder, name), content)
      return name
    },
    /** Everything that any command has written so far. */
    said: () => said.join('\n'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
export type CommandLine = ReturnType<typeof openCommandLine>

let seed = 0
/** Encounters that no other call has given, each of a patient of its own: those of the generator return. */
export function freshEncounters(count: number): PatientEncounterRequest[] {
  const own = ++seed * 1_000_003 + process.pid
  return Array.from({ length: count }, (_, index) => ({ ...encounterAt(own, index), PatientId: `MRN-${own}-${index}` }))
}

export const linesOf = (encounters: unknown[]) => encounters.map((each) => `${JSON.stringify(each)}\n`).join('')

/** By address: what an encounter says never changes, and each file's gateway gathers hundreds of them. */
const patientAt = new Map<string, string>()

/** How many encounters the Sandbox EMR has of each of these patients. */
export async function createdOf(sandboxUrl: string, patients: string[]): Promise<Map<string, number>> {
  const wanted = new Map(patients.map((patient) => [patient, 0]))
  const all = (await (await fetch(`${sandboxUrl}/encounters?limit=99999`)).json()) as { EncounterId: string }[]
  for (const { EncounterId } of all) {
    const address = `${sandboxUrl}/encounters/${EncounterId}`
    const patient = patientAt.get(address) ?? (await patientOf(address))
    patientAt.set(address, patient)
    if (wanted.has(patient)) wanted.set(patient, (wanted.get(patient) ?? 0) + 1)
  }
  return wanted
}

async function patientOf(address: string): Promise<string> {
  const { Content } = (await (await fetch(address)).json()) as { Content: { PatientId: string } }
  return Content.PatientId
}

/** The batch that a line such as `batch q3f0h2k7m9x1c8v5b6n4: ...` names. */
export function batchIdIn(out: string): Batch['BatchId'] {
  const [, batchId] = /batch ([0-9a-z]{20})/.exec(out) ?? []
  if (!batchId) throw new Error(`no batch is named: ${out}`)
  return batchId
}
