import { Type } from '@sinclair/typebox'
import type { EmrCall, EmrCredentials } from '../emr.ts'
import { notAgreed, EmrError } from '../emr-error.ts'
import type { FhirExchange } from '../fhir-r4/exchange.ts'
import { refusalOf } from '../fhir-r4/refusal.ts'
import { jsonAs } from '../http/exchange.ts'
import { cacheReading } from '../http/cached-reading.ts'
import type { Takes } from './records.ts'

const KEEP_MS = 3_600_000
/** Large servers describe every search parameter of every type: HAPI's statement has over a megabyte. */
const MOST_BYTES = 16 * 1024 * 1024

const Interactions = Type.Optional(Type.Array(Type.Object({ code: Type.String() })))
const CapabilityStatement = Type.Object({
  resourceType: Type.Literal('CapabilityStatement'),
  fhirVersion: Type.Optional(Type.String()),
  rest: Type.Array(
    Type.Object({
      mode: Type.Optional(Type.String()),
      interaction: Interactions,
      resource: Type.Optional(
        Type.Array(
          Type.Object({
            type: Type.String(),
            interaction: Interactions,
            conditionalCreate: Type.Optional(Type.Boolean()),
          }),
        ),
      ),
    }),
  ),
})

/** What a server declares: the types it accepts within a transaction, and those it creates conditionally. */
export type Capabilities = Takes

/** Reads `/metadata` on first use, keeps it for an hour, and reads it again after `forget`. */
export type CapabilityReader = {
  /** Throws `EmrError` with a known outcome, 502 for a server that does not speak R4 or accepts no Encounters. */
  get(credentials: EmrCredentials, call: Pick<EmrCall, 'signal'>): Promise<Capabilities>
  forget(): void
  /** What was last read, if it is still kept. */
  known(): Capabilities | undefined
}

/** The capabilities of a server that accepts all that the connector can send. */
export function everything(transactions: 'auto' | 'never'): Capabilities {
  const types = new Set([
    'Account',
    'Condition',
    'Coverage',
    'Encounter',
    'Location',
    'Organization',
    'Practitioner',
    'RelatedPerson',
  ])
  return { creates: transactions === 'auto' ? types : new Set(), conditionally: types }
}

/** `transactions: 'never'` overrides what the server declares. */
export function openCapabilities(fhir: FhirExchange, transactions: 'auto' | 'never'): CapabilityReader {
  const kept = cacheReading<Capabilities>()
  const readAs = (credentials: EmrCredentials) => async (reading: { signal: AbortSignal }) => {
    const request = { method: 'GET' as const, path: 'metadata', writes: false, maxAnswerBytes: MOST_BYTES }
    const answer = await fhir.send(request, credentials, reading)
    if (answer.status !== 200) throw refusalOf(answer)
    return { value: capabilitiesIn(jsonAs(answer, CapabilityStatement), transactions), forMs: KEEP_MS }
  }
  return {
    get: (credentials, call) =>
      kept.get(call, readAs(credentials)).catch((error: unknown) => {
        // It may have been read with the token of another user, who is not let in.
        const another = error instanceof EmrError && (error.code === 401 || error.code === 403)
        if (another && credentials.authorizationToken !== undefined) return kept.get(call, readAs(credentials))
        throw error
      }),
    forget: () => kept.forget(),
    known: () => kept.known(),
  }
}

function capabilitiesIn(
  { fhirVersion, rest }: typeof CapabilityStatement.static,
  transactions: 'auto' | 'never',
): Capabilities {
  // R4 and R4B do not differ in anything that is sent here.
  if (fhirVersion !== undefined && !/^4\.[0-3]\b/.test(fhirVersion)) {
    throw notAgreed('the EMR does not speak FHIR R4')
  }
  const server = rest.find(({ mode }) => mode === undefined || mode === 'server')
  const resources = server?.resource ?? []
  const creates = resources.filter(({ interaction }) => interaction?.some(({ code }) => code === 'create'))
  if (!creates.some(({ type }) => type === 'Encounter')) {
    throw notAgreed('the EMR does not accept encounters over FHIR')
  }
  const transacts = transactions === 'auto' && server?.interaction?.some(({ code }) => code === 'transaction') === true
  return {
    creates: new Set(transacts ? creates.map(({ type }) => type) : []),
    conditionally: new Set(creates.filter((one) => one.conditionalCreate === true).map(({ type }) => type)),
  }
}
