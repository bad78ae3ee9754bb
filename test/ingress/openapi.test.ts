import { createConfig, lintFromString } from '@redocly/openapi-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openIngress, type Ingress } from '../fixtures/ingress.ts'
import { loadSample } from '../fixtures/sample.ts'

type Schema = {
  type?: string | string[]
  description?: string
  properties?: Record<string, Schema>
  items?: Schema
  examples?: unknown[]
  $ref?: string
}
type Media = { schema: Schema; example?: unknown }
type Operation = {
  operationId?: string
  tags?: string[]
  security?: object[]
  parameters?: { name: string; in: string; description?: string }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { description: string; content?: Record<string, Media> }>
}
type Document = {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Schema>
    securitySchemes: Record<string, { type: string; in: string; name: string }>
  }
}

let ingress: Ingress
let source: string
let document: Document

beforeAll(async () => {
  ingress = await openIngress()
  source = (await ingress.app.inject('/openapi.json')).body
  document = JSON.parse(source) as Document
})
afterAll(() => ingress?.[Symbol.asyncDispose]())

const operations = () => Object.values(document.paths).flatMap((path) => Object.values(path))
const post = () => document.paths['/api/v1/{EMRSystem}/PatientEncounters']?.['post']

/** The schema behind a reference, or the schema itself. */
function resolved(schema: Schema | undefined): Schema {
  const name = schema?.$ref?.replace('#/components/schemas/', '')
  return (name ? document.components.schemas[name] : schema) ?? {}
}

function leaves(schema: Schema, path = ''): { path: string; schema: Schema }[] {
  if (schema.items) return leaves(resolved(schema.items), `${path}/*`)
  if (!schema.properties) return [{ path, schema }]
  return Object.entries(schema.properties).flatMap(([name, property]) => leaves(resolved(property), `${path}/${name}`))
}

test('is OpenAPI 3.1 without a single complaint of the linter', async () => {
  expect(document.openapi).toBe('3.1.0')
  // `Jobs` is not an EMRSystem, and probes make no mistakes.
  const rules = { 'no-ambiguous-paths': 'off', 'operation-4xx-response': 'off' } as const
  const config = await createConfig({ extends: ['recommended'], rules })
  const problems = await lintFromString({ source, config })
  expect(
    problems.map(
      ({ ruleId, severity, message, location }) => `${severity} ${ruleId}: ${message} ${location[0]?.pointer ?? ''}`,
    ),
  ).toEqual([])
})

test('has the contract’s operations, each with its own id, and nothing of the operators’ pages', () => {
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  expect(listed).toEqual(
    expect.arrayContaining([
      'post /api/v1/{EMRSystem}/PatientEncounters',
      'get /api/v1/Jobs/{JobId}',
      'delete /api/v1/Jobs/{JobId}',
      'get /api/v1/Jobs/{JobId}/Result',
      'post /api/v1/Jobs/{JobId}/Retry',
      'get /api/v1/Jobs',
      'get /livez',
      'get /readyz',
      'get /metrics',
    ]),
  )
  expect(listed.filter((each) => /\/(?:admin|docs|openapi)/.test(each))).toEqual([])
  const ids = operations().map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
})

test('names the four schemas of the contract and refers to them', () => {
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining(['Job', 'Problem', 'PatientEncounterRequest', 'EncounterCreated']),
  )
  const { requestBody, responses } = post() ?? { responses: {} }
  expect(requestBody?.content['application/json']?.schema.$ref).toBe('#/components/schemas/PatientEncounterRequest')
  expect(responses['201']?.content?.['application/json']?.schema.$ref).toBe('#/components/schemas/EncounterCreated')
  expect(responses['202']?.content?.['application/json']?.schema.$ref).toBe('#/components/schemas/Job')
})

test('shows every error as a problem document', () => {
  for (const { operationId, tags, responses } of operations()) {
    const errors = Object.entries(responses).filter(([status]) => Number(status) >= 400)
    if (tags?.includes('Operations')) continue
    expect({ operationId, errors: errors.length > 0 }).toEqual({ operationId, errors: true })
    for (const [status, { content }] of errors) {
      const schema = content?.['application/problem+json']?.schema
      expect({ operationId, status, $ref: schema?.$ref }).toEqual({
        operationId,
        status,
        $ref: '#/components/schemas/Problem',
      })
    }
  }
})

test('gives the seed’s sample as the example of a request', () => {
  const media = post()?.requestBody?.content['application/json']
  expect(media?.example ?? resolved(media?.schema).examples?.[0]).toEqual(loadSample())
})

test('describes each of the 90 values that a request can carry', () => {
  const all = leaves(resolved(post()?.requestBody?.content['application/json']?.schema))
  expect(all).toHaveLength(90)
  expect(all.filter(({ schema }) => (schema.description ?? '').length < 12).map(({ path }) => path)).toEqual([])
})

test('asks clients for their application’s name and key, and requires none for probes', () => {
  for (const name of ['ApplicationName', 'ApplicationKey']) {
    expect(document.components.securitySchemes[name]).toMatchObject({ type: 'apiKey', in: 'header', name })
  }
  const both = [{ ApplicationName: [], ApplicationKey: [] }]
  expect(post()?.security ?? (document as unknown as { security: object[] }).security).toEqual(both)
  expect(document.paths['/readyz']?.['get']?.security).toEqual([])
})

test('can be browsed without external resources', async () => {
  const { app } = ingress
  const page = await app.inject('/docs')
  expect(page.statusCode).toBe(200)
  expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path)
  expect(files.length).toBeGreaterThan(4)
  for (const path of files) expect(`${path} ${(await app.inject(path)).statusCode}`).toBe(`${path} 200`)
  expect((await app.inject('/docs/json')).json()).toEqual(document)
})
