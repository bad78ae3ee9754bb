import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { demonstrate } from '@encounter-gateway/launch/demonstrate.ts'

async function gatewayThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('says in the gateway’s own words why the sample was not accepted', async () => {
  const url = await gatewayThat((request, response) => {
    request.resume()
    response.writeHead(401, { 'Content-Type': 'application/problem+json; charset=utf-8' })
    response.end(JSON.stringify({ status: 401, title: 'The application is not known', detail: 'No such key.' }))
  })
  const said: string[] = []
  await expect(demonstrate(url, (line) => said.push(line))).rejects.toThrow(
    'POST /api/v1/Sandbox/PatientEncounters answered 401, not 202 (The application is not known: No such key.).',
  )
  expect(said).toEqual([])
})

test('says why the job did not end well, after it was accepted', async () => {
  const url = await gatewayThat((request, response) => {
    request.resume()
    response.setHeader('Content-Type', 'application/json')
    if (request.method === 'POST') {
      response.writeHead(202, { Location: '/api/v1/Jobs/j' }).end('{"JobId":"j","Status":"Queued"}')
    } else if (request.url === '/api/v1/Jobs/j') {
      response.end('{"JobId":"j","Status":"Failed"}')
    } else {
      response.writeHead(502).end('not a problem document')
    }
  })
  const said: string[] = []
  await expect(demonstrate(url, (line) => said.push(line))).rejects.toThrow(
    'GET /api/v1/Jobs/j/Result answered 502, not 201.',
  )
  expect(said).toEqual(['POST /api/v1/Sandbox/PatientEncounters  ->  202  JobId j'])
})

test('names the address at which no gateway answers', async () => {
  const url = await gatewayThat((request) => request.socket.destroy())
  await expect(demonstrate(url, () => {})).rejects.toThrow(`The gateway does not answer at ${url}: UND_ERR_SOCKET`)
})
