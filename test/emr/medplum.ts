import { getStatus, isOk } from '@medplum/core'
import { FhirRouter, MemoryRepository, type FhirRequest } from '@medplum/fhir-router'
import type { Bundle, CapabilityStatement, OperationOutcome, Resource } from '@medplum/fhirtypes'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { r4Issues } from './r4-validation.ts'

export type Medplum = AsyncDisposable & {
  baseUrl: string
  repository: MemoryRepository
  /** Every POST that passed the validation, resource by resource. */
  taken: Resource[]
  /** The status of each answer to a POST, oldest first. */
  statuses: number[]
  all(type: 'Encounter' | 'Coverage' | 'Account' | 'Condition' | 'Practitioner'): Promise<Resource[]>
}

const types = [
  'Account',
  'Condition',
  'Coverage',
  'Encounter',
  'Location',
  'Organization',
  'Patient',
  'Practitioner',
  'RelatedPerson',
]

/**
 * A FHIR server that we did not write: Medplum's router on its memory repository. Medplum's own server adds what the
 * router lacks, and so does this: validation, `/metadata`, `Location`, conditional references. `infersClass`: puts a
 * class into each Encounter, as Millennium does, before it is validated.
 */
export async function openMedplum({ infersClass = false } = {}): Promise<Medplum> {
  const router = new FhirRouter()
  const repository = new MemoryRepository()
  const taken: Resource[] = []
  const statuses: number[] = []
  let baseUrl = ''

  async function answer(
    request: IncomingMessage,
  ): Promise<{ status: number; headers?: Record<string, string>; body: Resource }> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const url = request.url ?? '/'
    if (url === '/metadata') return { status: 200, body: statement }
    const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded'
    const sent: unknown = isForm
      ? Object.fromEntries(new URLSearchParams(text))
      : text === ''
        ? undefined
        : JSON.parse(text)
    const resources = isForm || !sent ? [] : resourcesIn(sent as Resource)
    for (const resource of resources) {
      if (infersClass && resource.resourceType === 'Encounter') resource.class = { code: 'AMB' }
      const [issue] = r4Issues(resource)
      if (issue) return { status: 400, body: outcomeOf(`${issue.expression}: ${issue.text}`, issue.expression) }
    }
    taken.push(...resources)
    const asked = {
      method: request.method,
      url,
      pathname: '',
      params: {},
      query: {},
      body: await resolve(sent),
      headers: request.headers,
    }
    const config = { transactions: true }
    const [outcome, resource] = await router.handleRequest({ ...asked, config } as FhirRequest, repository)
    if (!isOk(outcome) || !resource) return { status: getStatus(outcome), body: outcome }
    return {
      status: getStatus(outcome),
      body: resource,
      headers: { location: `${baseUrl}/${resource.resourceType}/${resource.id}` },
    }
  }

  /** Replaces `Patient?identifier=...` with the reference to the patient it identifies. */
  async function resolve(value: unknown): Promise<unknown> {
    if (Array.isArray(value)) return Promise.all(value.map((item) => resolve(item)))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(async ([name, item]: [string, unknown]) => {
      const isConditional = name === 'reference' && typeof item === 'string' && /^[A-Z]\w+\?/.test(item)
      return [name, isConditional ? await referenceOf(item) : await resolve(item)] as const
    })
    return Object.fromEntries(await Promise.all(entries))
  }

  async function referenceOf(query: string): Promise<string> {
    const asked = {
      method: 'GET',
      url: `/${query}`,
      pathname: '',
      params: {},
      query: {},
      body: undefined,
    } as FhirRequest
    const [, found] = await router.handleRequest(asked, repository)
    const [first] = (found as Bundle).entry ?? []
    return `${first?.resource?.resourceType}/${first?.resource?.id}`
  }

  const server = createServer((request, response) => {
    const send = ({ status, headers, body }: Awaited<ReturnType<typeof answer>>) => {
      if (request.method === 'POST') statuses.push(status)
      response.writeHead(status, { 'content-type': 'application/fhir+json', ...headers }).end(JSON.stringify(body))
    }
    answer(request).then(send, () => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    baseUrl,
    repository,
    taken,
    statuses,
    all: (type) => repository.searchResources({ resourceType: type }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function resourcesIn(sent: Resource): Resource[] {
  if (sent.resourceType !== 'Bundle') return [sent]
  return [sent, ...(sent.entry ?? []).flatMap(({ resource }) => resource ?? [])]
}

function outcomeOf(text: string, expression: string): OperationOutcome {
  const issue = [{ severity: 'error' as const, code: 'invalid' as const, details: { text }, expression: [expression] }]
  return { resourceType: 'OperationOutcome', issue }
}

/** In the form of Medplum's server. */
const statement: CapabilityStatement = {
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: '2026-01-01',
  kind: 'instance',
  fhirVersion: '4.0.1',
  format: ['json'],
  rest: [
    {
      mode: 'server',
      interaction: [{ code: 'transaction' }, { code: 'batch' }],
      resource: types.map((type) => ({
        type,
        interaction: [{ code: 'create' }, { code: 'read' }, { code: 'search-type' }],
        conditionalCreate: true,
      })) as NonNullable<NonNullable<CapabilityStatement['rest']>[number]['resource']>,
    },
  ],
}
