import { MAX_NAME_LENGTH, nearestName } from './nearest-name.ts'
import type { FieldError } from './problem.ts'
import { controlFreePattern, dateTimePattern, trueOrFalsePattern, visiblePattern } from './schema-forms.ts'

/** The Ajv options for these schemas, in Fastify and elsewhere; the formats are those of ajv-formats. */
export const ajvOptions = {
  allErrors: true,
  allowUnionTypes: true,
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
} as const

/** The used part of an Ajv error; Fastify's `error.validation` has the same form. */
export type SchemaError = {
  keyword: string
  instancePath: string
  params: Record<string, unknown>
  message?: string | undefined
}

type SchemaNode = { [keyword: string]: unknown }

/** At most this many mistakes are listed; further ones are only counted. */
const maxListed = 200

const escapePointer = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')
const unescapePointer = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~')
const isNode = (value: unknown): value is SchemaNode => typeof value === 'object' && value !== null

function shorten(name: string): string {
  // toWellFormed: the cut may split a surrogate pair
  return name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH).toWellFormed()}…`
}

/** The property names that the schema allows at this path, as far as `properties` and `items` lead there. */
function knownNames(schema: SchemaNode | undefined, instancePath: string): string[] {
  let node: unknown = schema
  for (const part of instancePath.split('/').slice(1)) {
    if (!isNode(node)) return []
    const name = unescapePointer(part)
    const { properties } = node
    node = isNode(properties) && Object.hasOwn(properties, name) ? properties[name] : node['items']
  }
  return isNode(node) && isNode(node['properties']) ? Object.keys(node['properties']) : []
}

/** The pointer of a mistake: that of the missing or unknown property, not of the object around it. */
function pointerOf({ keyword, instancePath, params }: SchemaError): string {
  const name =
    keyword === 'required'
      ? params['missingProperty']
      : (params['additionalProperty'] ?? params['unevaluatedProperty'] ?? params['propertyName'])
  return typeof name === 'string' ? `${instancePath}/${escapePointer(shorten(name))}` : instancePath
}

function typeNames(errors: SchemaError[]): string[] {
  const named = errors.filter(({ keyword }) => keyword === 'type').flatMap(({ params }) => params['type'])
  return [...new Set(named)].filter((type): type is string => typeof type === 'string' && type !== 'null')
}

const articled: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
}

const counted = (count: unknown, noun: string) => `${String(count)} ${noun}${count === 1 ? '' : 's'}`

const dateTimeMessage =
  'must be an RFC 3339 date and time that exists, from 1800 on, with a time zone and at most 7 fractional digits, ' +
  'such as 2025-12-12T20:56:11.0053317+00:00'

/** The message for one error, as part of a sentence. Never contains a value of the request. */
function messageOf({ keyword, instancePath, params, message }: SchemaError, schema: SchemaNode | undefined): string {
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params['additionalProperty'] ?? params['unevaluatedProperty'])
      const nearest = nearestName(name, knownNames(schema, instancePath))
      return nearest ? `is not known; did you mean \`${nearest}\`?` : 'is not known'
    }
    case 'format':
      return params['format'] === 'date-time' ? dateTimeMessage : `must be a valid ${String(params['format'])}`
    case 'pattern':
      if (params['pattern'] === dateTimePattern) return dateTimeMessage
      if (params['pattern'] === trueOrFalsePattern) return 'must be true or false'
      if (params['pattern'] === visiblePattern) return 'must not be blank'
      if (params['pattern'] === controlFreePattern) return 'must not contain control characters'
      return message ?? 'does not have the expected form'
    case 'minLength':
      return params['limit'] === 1 ? 'must not be empty' : `must have at least ${counted(params['limit'], 'character')}`
    case 'maxLength':
      return `must not be longer than ${counted(params['limit'], 'character')}`
    case 'minItems':
      return `must have at least ${counted(params['limit'], 'item')}`
    case 'maxItems':
      return `must not have more than ${counted(params['limit'], 'item')}`
    case 'enum':
      return Array.isArray(params['allowedValues'])
        ? `must be one of ${params['allowedValues'].map((value) => String(value)).join(', ')}`
        : 'is not one of the allowed values'
    default:
      return message ?? 'is not valid'
  }
}

/**
 * The most informative of all errors at one place. Unions report each branch that does not fit, `null` among them; a
 * rule broken by a value of the right type takes precedence over the types that it might have had.
 */
function summaryOf(errors: SchemaError[], schema: SchemaNode | undefined): string {
  const unions = new Set(['type', 'anyOf', 'oneOf'])
  const telling = errors.find(({ keyword }) => !unions.has(keyword))
  if (telling) return messageOf(telling, schema)
  const types = typeNames(errors).map((type) => articled[type] ?? type)
  return types.length > 0 ? `must be ${types.join(' or ')}` : (errors[0]?.message ?? 'is not valid')
}

/**
 * Converts Ajv's errors (with `allErrors`) into the list of a problem document: one mistake per property, by JSON
 * Pointer, in the order found; at most 200, with the number of the others in `ErrorsOmitted`. Never quotes a value,
 * since it may be patient data. With `schema`, the message for an unknown property suggests the known name that it
 * resembles.
 */
export function describeErrors(
  ajvErrors: readonly SchemaError[] | null | undefined,
  schema?: SchemaNode,
): { Errors: FieldError[]; ErrorsOmitted?: number } {
  const listed = new Map<string, SchemaError[]>()
  const omitted = new Set<string>()
  for (const error of ajvErrors ?? []) {
    const pointer = pointerOf(error)
    const group = listed.get(pointer)
    if (group) group.push(error)
    else if (listed.size < maxListed) listed.set(pointer, [error])
    else omitted.add(pointer)
  }
  const Errors = [...listed].map(([Pointer, errors]) => ({ Pointer, Message: summaryOf(errors, schema) }))
  return omitted.size > 0 ? { Errors, ErrorsOmitted: omitted.size } : { Errors }
}
