import { Type, type TSchema } from '@sinclair/typebox'
import addFormats from 'ajv-formats'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { PatientEncounterRequest } from './patient-encounter.ts'
import { ajvOptions, describeErrors } from './validation-errors.ts'

const ajv = new Ajv(ajvOptions)
addFormats.default(ajv)

function described(schema: TSchema, value: unknown) {
  const validate = ajv.compile(schema)
  return validate(value) ? { Errors: [] } : describeErrors(validate.errors, schema)
}
const describedRequest = (value: unknown) => described(PatientEncounterRequest, value)
const inEncounter = (Encounter: object) => describedRequest({ UserId: 'u', PatientId: 'p', Encounter }).Errors

describe('describeErrors', () => {
  it('lists all mistakes of a request, each once and where it is', () => {
    const body = {
      PatientId: '',
      PatientIdType: 7,
      Encounter: {
        EncounterDateTime: '2025-02-30T00:00:00Z',
        FinancialNumbr: 'x',
        Insurances: [{ Address: { Zip: '1' } }, { Address: { ZIP: 12345 }, Phones: {} }],
        ICD10DXCodeIds: ['A', 1],
      },
      RequestVerboseLogging: 'yes',
      EMRSystem: 1.5,
    }
    expect(describedRequest(body).Errors.toSorted((a, b) => a.Pointer.localeCompare(b.Pointer))).toEqual([
      { Pointer: '/EMRSystem', Message: 'must be an integer or a string' },
      { Pointer: '/Encounter/EncounterDateTime', Message: expect.stringMatching(/^must be an RFC 3339 date and time/) },
      { Pointer: '/Encounter/FinancialNumbr', Message: 'is not known; did you mean `FinancialNumber`?' },
      { Pointer: '/Encounter/ICD10DXCodeIds/1', Message: 'must be a string' },
      { Pointer: '/Encounter/Insurances/0/Address/Zip', Message: 'is not known; did you mean `ZIP`?' },
      { Pointer: '/Encounter/Insurances/1/Address/ZIP', Message: 'must be a string' },
      { Pointer: '/Encounter/Insurances/1/Phones', Message: 'must be an array' },
      { Pointer: '/PatientId', Message: 'must not be empty' },
      { Pointer: '/PatientIdType', Message: 'must be a string' },
      { Pointer: '/RequestVerboseLogging', Message: 'must be true or false' },
      { Pointer: '/UserId', Message: 'is required' },
    ])
  })

  it.each([
    ['encounterdatetime', 'EncounterDateTime'],
    ['Insurance', 'Insurances'],
    ['Guarantor', 'GuarantorId'],
    ['Locatoin', 'Location'],
    ['EncounterDate', 'EncounterDateTime'],
  ])('tells of an unknown %s that %s may be meant', (name, nearest) => {
    expect(inEncounter({ [name]: 'x' })).toEqual([
      { Pointer: `/Encounter/${name}`, Message: `is not known; did you mean \`${nearest}\`?` },
    ])
  })

  it('suggests nothing where no known name is near, or no schema is given', () => {
    expect(inEncounter({ Weather: 'x' })).toEqual([{ Pointer: '/Encounter/Weather', Message: 'is not known' }])
    const validate = ajv.compile(PatientEncounterRequest)
    validate({ UserId: 'u', PatientId: 'p', Encounter: {}, UserIds: 1 })
    expect(describeErrors(validate.errors).Errors).toEqual([{ Pointer: '/UserIds', Message: 'is not known' }])
  })

  it('shows 64 characters of a long unknown name and suggests nothing for it', () => {
    const [error] = inEncounter({ [`FinancialNumber${'r'.repeat(1000)}`]: 'x' })
    expect(error).toEqual({ Pointer: `/Encounter/FinancialNumber${'r'.repeat(49)}…`, Message: 'is not known' })
    const [cut] = inEncounter({ [`${'a'.repeat(63)}😀b`]: 'x' })
    expect(cut?.Pointer.isWellFormed()).toBe(true)
  })

  it('escapes names in pointers as RFC 6901 has it', () => {
    expect(inEncounter({ 'a/b~c': 1, '': 2 }).map(({ Pointer }) => Pointer)).toEqual([
      '/Encounter/a~1b~0c',
      '/Encounter/',
    ])
    const schema = Type.Object({ 'in/out~': Type.Object({ Known: Type.String() }, { additionalProperties: false }) })
    expect(described(schema, { 'in/out~': { Known: 'x', Knwon: 'y' } }).Errors).toEqual([
      { Pointer: '/in~1out~0/Knwon', Message: 'is not known; did you mean `Known`?' },
    ])
  })

  it('never quotes a value', () => {
    const secret = 'Jane Doe 123-45-6789'
    const errors = describedRequest({
      UserId: { secret },
      PatientId: [secret],
      RequestVerboseLogging: secret,
      LoginId: `${secret}\n`,
      Encounter: { EncounterDateTime: secret, Locaton: secret, Location: secret, Insurances: [secret] },
    })
    expect(errors.Errors).toHaveLength(8)
    expect(JSON.stringify(errors)).not.toContain('Jane')
  })

  it('lists 200 mistakes and counts the rest by property', () => {
    const Insurances = Array.from({ length: 300 }, () => ({ EligibilityStatusDate: 'never' }))
    const { Errors, ErrorsOmitted } = describedRequest({ UserId: 'u', PatientId: 'p', Encounter: { Insurances } })
    expect(Errors).toHaveLength(200)
    expect(ErrorsOmitted).toBe(100)
    expect(Errors.at(-1)?.Pointer).toBe('/Encounter/Insurances/199/EligibilityStatusDate')
  })

  it('says nothing of omitted mistakes when all are listed', () => {
    expect(describedRequest({ UserId: 'u', PatientId: 'p' })).toEqual({
      Errors: [{ Pointer: '/Encounter', Message: 'is required' }],
    })
    expect(describeErrors(null)).toEqual({ Errors: [] })
  })

  it('makes one message of a union, without its null', () => {
    const schema = Type.Object({
      a: Type.Union([Type.String(), Type.Null()]),
      b: Type.Union([Type.String({ minLength: 3 }), Type.Integer(), Type.Null()]),
      c: Type.Union([Type.Literal('x'), Type.Null()]),
    })
    expect(described(schema, { a: 1, b: true, c: 'x' }).Errors).toEqual([
      { Pointer: '/a', Message: 'must be a string' },
      { Pointer: '/b', Message: 'must be a string or an integer' },
    ])
    expect(described(schema, { a: 'x', b: 'ab', c: 'x' }).Errors).toEqual([
      { Pointer: '/b', Message: 'must have at least 3 characters' },
    ])
  })

  it('says what may be where only some values are', () => {
    const schema = Type.Object({ a: Type.Unsafe<'x' | 'y'>({ type: 'string', enum: ['x', 'y'] }) })
    expect(described(schema, { a: 'z' }).Errors).toEqual([{ Pointer: '/a', Message: 'must be one of x, y' }])
  })
})
