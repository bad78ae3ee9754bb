import { Type, type Static } from '@sinclair/typebox'
import type { IncomingHttpHeaders } from 'node:http'
import { needsLogin, type EmrSystem } from './emr-system.ts'
import {
  headerParameters,
  textParameters,
  type HeaderParameter,
  type PatientEncounterRequest,
} from './patient-encounter.ts'
import type { FieldError } from './problem.ts'
import { controlFreePattern } from './schema-forms.ts'

/** The header parameters as HTTP headers, whose names are case-insensitive. */
export const HeaderParameters = Type.Object({
  LoginId: Type.Optional(textParameters.LoginId),
  Password: Type.Optional(textParameters.Password),
  EmrInstance: Type.Optional(textParameters.EmrInstance),
  ApplicationName: Type.Optional(textParameters.ApplicationName),
  ApplicationKey: Type.Optional(textParameters.ApplicationKey),
  AuthorizationToken: Type.Optional(textParameters.AuthorizationToken),
  RequestVerboseLogging: Type.Optional(
    Type.String({
      pattern: '^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])?$',
      description: '`true` enables verbose logging of this job, without patient data. Default `false`.',
    }),
  ),
})
export type HeaderParameters = Static<typeof HeaderParameters>

/** The header parameters of one request, from headers and body; parameters that were not sent are absent. */
export type MergedHeaderParameters = Partial<Record<keyof typeof textParameters, string>> & {
  RequestVerboseLogging?: boolean
}

const controlFree = new RegExp(controlFreePattern, 'u')
const plainAscii = /^[\x20-\x7e]*$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Node reads header bytes as Latin-1. Bytes that are valid UTF-8 are read as UTF-8 instead: curl sends `ü` like that.
 */
function decodeHeader(latin1: string): string {
  if (plainAscii.test(latin1)) return latin1
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return latin1
  }
}

/** The mistake in a text parameter, or `undefined`; the rules are those of the schema. */
function mistakeIn(name: keyof typeof textParameters, text: string): string | undefined {
  if (!plainAscii.test(text) && !controlFree.test(text)) return 'must not contain control characters'
  const maxLength = textParameters[name].maxLength ?? Infinity
  // JSON Schema counts characters, not UTF-16 units
  if (text.length > maxLength && Array.from(text).length > maxLength)
    return `must not be longer than ${maxLength} characters`
  return undefined
}

/** The valid parameters of a request, and the mistakes in the others. */
type Merging = { merged: MergedHeaderParameters; errors: FieldError[] }

/**
 * The parameters from the headers alone, cached on the request: they are read several times, and for each item of a
 * batch.
 */
const ofHeadersAlone = Symbol('what its headers say')

/**
 * Merges the seven parameters of a request from headers and body: a header takes precedence over the property of the
 * body. Absent, `null` and empty are the same. `headers` and `rawHeaders` are those of Node's IncomingMessage; the body
 * may be left out if it is not known yet. A parameter with a mistake is in `errors` and not in `merged`; no message
 * quotes a value. The caller must not change the result.
 */
export function mergeHeaderParameters(
  request: { headers: IncomingHttpHeaders; rawHeaders: readonly string[]; [ofHeadersAlone]?: Merging },
  body: Partial<Pick<PatientEncounterRequest, HeaderParameter>> = {},
): Merging {
  if (headerParameters.some((name) => body[name] !== undefined && body[name] !== null)) return merge(request, body)
  return (request[ofHeadersAlone] ??= merge(request, {}))
}

function merge(
  { headers, rawHeaders }: Parameters<typeof mergeHeaderParameters>[0],
  body: Partial<Pick<PatientEncounterRequest, HeaderParameter>>,
): Merging {
  const merged: MergedHeaderParameters = {}
  const errors: FieldError[] = []
  for (const name of headerParameters) {
    const lowerName = name.toLowerCase()
    const raw = headers[lowerName]
    const refuse = (mistake: string, from: string) =>
      errors.push({ Pointer: `/${name}`, Message: `${from} \`${name}\` ${mistake}` })

    if (Array.isArray(raw) || (raw?.includes(', ') && timesSent(rawHeaders, lowerName) > 1)) {
      refuse('was sent more than once', 'header')
      continue
    }
    const header = raw ? decodeHeader(raw) : ''
    if (name === 'RequestVerboseLogging') {
      if (header !== '' && !/^(?:true|false)$/i.test(header)) refuse('must be true or false', 'header')
      else if (header !== '') merged[name] = header.toLowerCase() === 'true'
      else if (body[name] !== undefined && body[name] !== null)
        merged[name] = String(body[name]).toLowerCase() === 'true'
      continue
    }
    const value = header || body[name]
    if (!value) continue
    const mistake = mistakeIn(name, value)
    if (mistake) refuse(mistake, header ? 'header' : 'property')
    else merged[name] = value
  }
  return { merged, errors }
}

/** Counts how often a header was sent; Node joins the values with ', '. */
function timesSent(rawHeaders: readonly string[], lowerName: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === lowerName).length
}

const missing = (name: HeaderParameter, when: string) => ({
  Pointer: `/${name}`,
  Message: `is required ${when}: send it as the header \`${name}\` or the property \`${name}\` of the body`,
})

/**
 * The parameters that this EMR requires and the request lacks. LoginId and Password are required even with an
 * AuthorizationToken, as in the API being implemented; ApplicationName and ApplicationKey require each other.
 */
export function missingHeaderParameters(emrSystem: EmrSystem, merged: MergedHeaderParameters): FieldError[] {
  const errors: FieldError[] = []
  if (needsLogin(emrSystem)) {
    if (!merged.LoginId) errors.push(missing('LoginId', `for ${emrSystem}`))
    if (!merged.Password) errors.push(missing('Password', `for ${emrSystem}`))
  }
  if (merged.ApplicationKey && !merged.ApplicationName) {
    errors.push(missing('ApplicationName', 'with ApplicationKey'))
  }
  if (merged.ApplicationName && !merged.ApplicationKey) {
    errors.push(missing('ApplicationKey', 'with ApplicationName'))
  }
  return errors
}
