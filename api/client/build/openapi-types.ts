import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import openapiTypescript, { astToString, type OpenAPI3 } from 'openapi-typescript'

const HEADER = '// Generated from the api’s OpenAPI document by `npm run client-types`; not to be edited.\n'

/** Generates the TypeScript types of an OpenAPI 3.1 document, formatted as in src/openapi.ts. */
export async function openapiTypes(document: object): Promise<string> {
  return formatted(HEADER + astToString(await openapiTypescript(document as OpenAPI3)))
}

async function formatted(source: string): Promise<string> {
  const oxfmt = spawn('oxfmt', ['--stdin-filepath', 'openapi.ts'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(oxfmt, 'close') as Promise<[number | null]>
  oxfmt.stdin.end(source)
  const [output, [exitCode]] = await Promise.all([text(oxfmt.stdout), closed])
  if (exitCode !== 0) throw new Error(`oxfmt ended with ${exitCode}`)
  return output
}
