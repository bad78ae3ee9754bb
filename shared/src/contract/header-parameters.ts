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

/** The header parameters as they stand in HTTP headers, whose names know no letter case. */
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
      description: '`true` logs more about this one job, without patient data; `false` is the default.',
    }),
  ),
})
export type HeaderParameters = Static<typeof HeaderParameters>

/** The header parameters of one request, wherever they were sent; what was not sent is left out. */
export type MergedHeaderParameters = Partial<Record<keyof typeof textParameters, string>> & {
  RequestVerboseLogging?: boolean
}

const controlFree = new RegExp(controlFreePattern, 'u')
const plainAscii = /^[\x20-\x7e]*$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Node reads header bytes as Latin-1. Bytes that are UTF-8 are read as that instead: `ü` from curl, say. */
function decodeHeader(latin1: string): string {
  if (plainAscii.test(latin1)) return latin1
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return latin1
  }
}

/** What is wrong with a text parameter, or `undefined`; the same rules as the schema's. */
function mistakeIn(name: keyof typeof textParameters, text: string): string | undefined {
  if (!plainAscii.test(text) && !controlFree.test(text)) return 'must not contain control characters'
  const maxLength = textParameters[name].maxLength ?? Infinity
  // As JSON Schema counts: characters, not UTF-16 units.
  if (text.length > maxLength && Array.from(text).length > maxLength)
    return `must not be longer than ${maxLength} characters`
  return undefined
}

/** The parameters of a request, and what is wrong with those that are not among them. */
type Merging = { merged: MergedHeaderParameters; errors: FieldError[] }

/** What the headers of a request say by themselves; kept with it, since it is asked for several times, for each item of a batch too. */
const ofHeadersAlone = Symbol('what its headers say')

/**
 * Brings the seven parameters of a request together: a header wins over the property of the body. Absent, `null` and
 * empty are the same. `headers` and `rawHeaders` are those of Node's IncomingMessage; the body may be left out where it
 * is not known yet. A parameter with a mistake is in `errors` and not in `merged`; no message quotes a value. What is given back is
 * not the caller's to change.
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
      else if (typeof body[name] === 'boolean') merged[name] = body[name]
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

/** Node joins a header that was sent more than once by ', '. */
function timesSent(rawHeaders: readonly string[], lowerName: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === lowerName).length
}

const missing = (name: HeaderParameter, when: string) => ({
  Pointer: `/${name}`,
  Message: `is required ${when}: send it as the header \`${name}\` or the property \`${name}\` of the body`,
})

/**
 * Which parameters this EMR needs and the request does not have. LoginId and Password are needed even where an
 * AuthorizationToken is sent, as the API being implemented has it; ApplicationName and ApplicationKey go together.
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
