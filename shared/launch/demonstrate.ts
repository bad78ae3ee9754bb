import { readFile } from 'node:fs/promises'
import { isTerminal, type Job } from '@encounter-gateway/shared/contract/job.ts'
import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { LaunchError } from './launch-error.ts'

/** The application of local-config.json, and the EMR user of the demonstration; not real credentials. */
export const DEMO_HEADERS = {
  ApplicationName: 'demo',
  ApplicationKey: 'demo-key',
  LoginId: 'demo',
  Password: 'demo',
  EmrInstance: 'default',
}

const SECONDS = 1000
const WAIT_SECONDS = 30
const ROUNDS = 3
const sample = new URL(import.meta.resolve('@encounter-gateway/shared/contract/sample-request.json'))

/**
 * Submits the sample request to a running gateway, follows the job to its result, and prints each answer, without the
 * content of the sample. Returns the JobId. Throws a `LaunchError` for an unexpected answer.
 */
export async function demonstrate(gatewayUrl: string, print: (line: string) => void): Promise<string> {
  const path = '/api/v1/Sandbox/PatientEncounters'
  const accepted = await call(`${gatewayUrl}${path}`, {
    method: 'POST',
    headers: { ...DEMO_HEADERS, 'Content-Type': 'application/json' },
    body: await readFile(sample),
  })
  const location = accepted.headers.get('Location')
  if (accepted.status !== 202 || !location) throw await unexpected(accepted, `POST ${path}`, 202)
  const { JobId } = (await accepted.json()) as Job
  print(`POST ${path}  ->  202  JobId ${JobId}`)

  await followToEnd(new URL(location, gatewayUrl).href)
  const result = await call(`${gatewayUrl}${location}/Result`, { headers: DEMO_HEADERS })
  if (result.status !== 201) throw await unexpected(result, `GET ${location}/Result`, 201)
  print(`GET  ${location}/Result  ->  201  ${await result.text()}`)
  return JobId
}

async function followToEnd(url: string): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const answer = await call(url, { headers: { ...DEMO_HEADERS, Prefer: `wait=${WAIT_SECONDS}` } })
    if (answer.status !== 200) throw await unexpected(answer, `GET ${new URL(url).pathname}`, 200)
    if (isTerminal(((await answer.json()) as Job).Status)) return
  }
  throw new LaunchError(`The job is not done after ${ROUNDS * WAIT_SECONDS} seconds: see the worker's log.`)
}

async function call(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout((WAIT_SECONDS + 15) * SECONDS) })
  } catch (error) {
    const { name, cause } = error as Error
    const { code = name } = (cause ?? {}) as { code?: string }
    throw new LaunchError(`The gateway does not answer at ${new URL(url).origin}: ${code}`)
  }
}

/** The error for an unexpected answer, with the text of a problem document, which quotes nothing of the request. */
async function unexpected(answer: Response, request: string, wanted: number): Promise<LaunchError> {
  const isProblem = answer.headers.get('Content-Type')?.startsWith('application/problem+json')
  const problem = isProblem ? ((await answer.json()) as Problem) : undefined
  const words = [problem?.title, problem?.detail].filter((text) => text !== undefined).join(': ')
  return new LaunchError(`${request} answered ${answer.status}, not ${wanted}${words && ` (${words})`}.`)
}

// docker-compose.yml runs this file against its own gateway.
if (import.meta.main) {
  try {
    await demonstrate(process.env['GATEWAY_URL'] || 'http://127.0.0.1:3000', console.log)
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
