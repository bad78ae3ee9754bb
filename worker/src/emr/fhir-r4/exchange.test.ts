import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { idInLocation, openFhir, type FhirExchange } from './exchange.ts'
import { EncounterResource } from './identifiers.ts'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

/** A server below /fhir/, and the exchange with it; `reply` receives the path and query of each request. */
async function serve(
  reply: (asked: string, base: string) => unknown,
): Promise<{ fhir: FhirExchange; asked: string[] }> {
  const asked: string[] = []
  let base = ''
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`)
    response.end(JSON.stringify(reply(request.url ?? '', base)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir/`
  const fhir = openFhir({ baseUrl: base, connections: 2, auth: undefined })
  opened.push(fhir, {
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
  return { fhir, asked }
}

const call = { signal: new AbortController().signal }
const credentials = { authorizationToken: 'abc' }
const encounter = (id: string) => ({ resource: { resourceType: 'Encounter', id } })
const bundle = (entry: unknown[], next?: string) => ({
  resourceType: 'Bundle',
  entry,
  ...(next !== undefined && {
    link: [
      { relation: 'self', url: '#' },
      { relation: 'next', url: next },
    ],
  }),
})
const ask = (fhir: FhirExchange) =>
  fhir.search({ method: 'GET', path: 'Encounter', query: { identifier: 's|k' } }, EncounterResource, credentials, call)

test('reads all pages of a search, and only the resources that were asked for', async () => {
  const other = { resource: { resourceType: 'OperationOutcome', id: '3' }, search: { mode: 'outcome' } }
  const { fhir, asked } = await serve((path, base) =>
    path.includes('page') ? bundle([encounter('2'), other]) : bundle([encounter('1')], `${base}?page=2`),
  )
  expect(await ask(fhir)).toMatchObject([{ id: '1' }, { id: '2' }])
  expect(asked).toEqual(['GET /fhir/Encounter?identifier=s%7Ck Bearer abc', 'GET /fhir/?page=2 Bearer abc'])
})

test('follows no page link to another server, which would receive the token', async () => {
  const { fhir, asked } = await serve(() => bundle([encounter('1')], 'http://127.0.0.2:9/fhir?page=2'))
  expect(await ask(fhir)).toHaveLength(1)
  expect(asked).toHaveLength(1)
})

test('an endless search fails as a wrong question', async () => {
  const { fhir } = await serve((_path, base) => bundle([encounter('1')], `${base}?page=next`))
  await expect(ask(fhir)).rejects.toMatchObject({ code: 502, outcomeUnknown: false })
})

test('a transaction goes to the base itself, without its slash', async () => {
  const { fhir, asked } = await serve(() => ({}))
  await fhir.send({ method: 'POST', path: '', body: '{}', writes: true }, {}, call)
  expect(asked).toEqual(['POST /fhir -'])
})

test.each([
  ['https://emr/r4/t/Encounter/97953477', '97953477'],
  ['Encounter/a-1.b/_history/2', 'a-1.b'],
  ['/fhir/Encounter/1', '1'],
  ['https://emr/r4/Patient/1', undefined],
  ['https://emr/Encounter/1/extra', undefined],
  ['Encounter/', undefined],
  [undefined, undefined],
])('finds in %s the id %s', (location, id) => {
  expect(idInLocation('Encounter', location)).toBe(id)
})
