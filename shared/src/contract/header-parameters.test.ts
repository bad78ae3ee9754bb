import { request, createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { emrSystems } from './emr-system.ts'
import { mergeHeaderParameters, missingHeaderParameters } from './header-parameters.ts'

function from(...rawHeaders: string[]) {
  const headers: Record<string, string> = {}
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    headers[name] = headers[name] ? `${headers[name]}, ${rawHeaders[index + 1]}` : (rawHeaders[index + 1] ?? '')
  }
  return { headers, rawHeaders }
}

const missingFor = (...asked: Parameters<typeof missingHeaderParameters>) =>
  missingHeaderParameters(...asked).map(({ Pointer }) => Pointer)

describe('mergeHeaderParameters', () => {
  it('takes the header, whatever its letter case, before the property of the body', () => {
    const sent = from('LOGINID', 'header', 'x-other', '1', 'emrinstance', 'east')
    expect(mergeHeaderParameters(sent, { LoginId: 'body', Password: 'p', RequestVerboseLogging: true })).toEqual({
      merged: { LoginId: 'header', Password: 'p', EmrInstance: 'east', RequestVerboseLogging: true },
      errors: [],
    })
  })

  it('counts null, absent and empty as the same', () => {
    const sent = from('LoginId', '', 'RequestVerboseLogging', '')
    const body = { LoginId: 'body', Password: null, EmrInstance: '', RequestVerboseLogging: null }
    expect(mergeHeaderParameters(sent, body)).toEqual({ merged: { LoginId: 'body' }, errors: [] })
    expect(mergeHeaderParameters(from())).toEqual({ merged: {}, errors: [] })
  })

  it.each([
    ['true', true],
    ['FALSE', false],
    ['True', true],
  ])('reads the header RequestVerboseLogging: %s before that of the body', (text, value) => {
    const { merged } = mergeHeaderParameters(from('RequestVerboseLogging', text), { RequestVerboseLogging: !value })
    expect(merged).toEqual({ RequestVerboseLogging: value })
  })

  it.each(['yes', '1', 'true, true', 'truefalse'])('refuses the header RequestVerboseLogging: %s', (text) => {
    expect(mergeHeaderParameters(from('RequestVerboseLogging', text), { RequestVerboseLogging: true })).toEqual({
      merged: {},
      errors: [{ Pointer: '/RequestVerboseLogging', Message: 'header `RequestVerboseLogging` must be true or false' }],
    })
  })

  it('refuses one of the seven sent twice, naming it, even with the same value', () => {
    const sent = from('LoginId', 'a', 'x-other', '1', 'x-other', '2', 'loginid', 'a')
    expect(mergeHeaderParameters(sent)).toEqual({
      merged: {},
      errors: [{ Pointer: '/LoginId', Message: 'header `LoginId` was sent more than once' }],
    })
  })

  it('is not misled by a header value that is the name of a parameter', () => {
    expect(mergeHeaderParameters(from('LoginId', 'loginid', 'x-other', 'LoginId')).errors).toEqual([])
  })

  it('refuses control characters and excessive length, from either place, without quoting them', () => {
    const sent = from('LoginId', 'jane\tdoe', 'Password', 'p'.repeat(1025), 'AuthorizationToken', 't'.repeat(8192))
    const { merged, errors } = mergeHeaderParameters(sent, { EmrInstance: 'jane\r\nX: 1' })
    expect(Object.keys(merged)).toEqual(['AuthorizationToken'])
    expect(errors).toEqual([
      { Pointer: '/LoginId', Message: 'header `LoginId` must not contain control characters' },
      { Pointer: '/Password', Message: 'header `Password` must not be longer than 1024 characters' },
      { Pointer: '/EmrInstance', Message: 'property `EmrInstance` must not contain control characters' },
    ])
  })

  it('reads header bytes as UTF-8 where they are, else as Latin-1', async () => {
    const server = createServer((_incoming, reply) => reply.end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const received = once(server, 'request') as Promise<[IncomingMessage]>
    const asUtf8 = Buffer.from('Übergröße', 'utf8').toString('latin1')
    request({ port, host: '127.0.0.1', headers: { LoginId: asUtf8, Password: 'Größe' }, agent: false }).end()
    const [incoming] = await received
    expect(mergeHeaderParameters(incoming)).toEqual({ merged: { LoginId: 'Übergröße', Password: 'Größe' }, errors: [] })
    server.close()
    await once(server, 'close')
  })
})

describe('missingHeaderParameters', () => {
  it('asks for LoginId and Password for every system but Epic, a token or not', () => {
    const withToken = emrSystems.map((system) => [system, ...missingFor(system, { AuthorizationToken: 't' })])
    expect(withToken).toEqual(emrSystems.map((name) => (name === 'Epic' ? [name] : [name, '/LoginId', '/Password'])))
    expect(emrSystems.flatMap((system) => missingFor(system, { LoginId: 'l', Password: 'p' }))).toEqual([])
  })

  it('asks for the other of ApplicationName and ApplicationKey', () => {
    expect(missingFor('Epic', { ApplicationName: 'n' })).toEqual(['/ApplicationKey'])
    expect(missingFor('Epic', { ApplicationKey: 'k' })).toEqual(['/ApplicationName'])
    expect(missingFor('Epic', { ApplicationName: 'n', ApplicationKey: 'k' })).toEqual([])
  })

  it('says both places where a parameter may be sent', () => {
    expect(missingHeaderParameters('Sandbox', { Password: 'p' })).toEqual([
      {
        Pointer: '/LoginId',
        Message: 'is required for Sandbox: send it as the header `LoginId` or the property `LoginId` of the body',
      },
    ])
  })
})
