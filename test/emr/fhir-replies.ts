import type { Resource } from '@medplum/fhirtypes'
import type { Kept } from './fhir-read-back.ts'
import type { HttpReply } from './misbehaving-http.ts'
import { r4Issues } from './r4-validation.ts'

/** The only media type that the simulated server speaks. */
export const FHIR_JSON = 'application/fhir+json'

/** The key that an encounter bears. */
export function keyIn(encounter: Kept): string | undefined {
  const identifiers = encounter.resourceType === 'Encounter' ? (encounter.identifier ?? []) : []
  return identifiers.find(({ system }) => system === 'urn:encounter-gateway:job')?.value
}

/** Ends the handling of a request with this reply. */
export class Refused extends Error {
  readonly reply: HttpReply
  constructor(reply: HttpReply) {
    super('refused')
    this.reply = reply
  }
}

/** Refuses what was sent, naming elements. */
export function refuse(status: number, expressions: string[]): never {
  throw new Refused(outcome(status, 'invalid', expressions))
}

/** Refuses a resource that is not valid R4; `prefix` is its place in the Bundle. */
export function check(resource: Resource, prefix: string): void {
  const issues = r4Issues(resource)
  if (issues.length > 0)
    throw new Refused(
      outcome(
        422,
        'invalid',
        issues.map(({ expression }) => prefix + expression),
      ),
    )
}

/** A reply that holds a resource. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): HttpReply {
  return { status, headers: { 'content-type': `${FHIR_JSON}; charset=utf-8`, ...headers }, body: JSON.stringify(body) }
}

/** Servers quote what they object to. */
export function outcome(status: number, code: string, expression: string[] = []): HttpReply {
  const issue = [
    { severity: 'error', code, diagnostics: 'Patient Jane Doe', ...(expression.length > 0 && { expression }) },
  ]
  return json(status, { resourceType: 'OperationOutcome', issue })
}
