import type { TSchema } from '@sinclair/typebox'
import addFormats from 'ajv-formats'
import { Ajv } from 'ajv'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  encounterFieldPaths,
  headerParameters,
  PatientEncounterRequest,
  takeEncounter,
  type Insurance,
  type PatientEncounter,
} from './patient-encounter.ts'
import sample from './sample-request.json' with { type: 'json' }
import { ajvOptions, describeErrors } from './validation-errors.ts'

const ajv = new Ajv({ ...ajvOptions, strict: true, strictTypes: true })
addFormats.default(ajv)
const validate = ajv.compile<PatientEncounterRequest>(PatientEncounterRequest)

const minimal = { UserId: 'u', PatientId: 'p', Encounter: {} }
const mistakesIn = (body: unknown) =>
  validate(body) ? [] : describeErrors(validate.errors, PatientEncounterRequest).Errors
const pointersOf = (body: unknown) => mistakesIn(body).map(({ Pointer }) => Pointer)

function leavesOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, `${path}/*`))
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, property]) => leavesOf(property, `${path}/${name}`))
}

function everyNode(node: TSchema, path = ''): [string, TSchema][] {
  const below: TSchema[] = [node['items'] ?? []].flat()
  const inside = Object.entries<TSchema>(node['properties'] ?? {})
  return [[path, node] as [string, TSchema]].concat(
    below.flatMap((item) => everyNode(item, `${path}/*`)),
    inside.flatMap(([name, property]) => everyNode(property, `${path}/${name}`)),
  )
}

const nulled = (names: string[]) => Object.fromEntries(names.map((name) => [name, null]))
const cityOf = (encounter: PatientEncounter) => encounter.Encounter.Insurances?.[0]?.Address?.City

describe('the request body', () => {
  it('takes the sample of the API page as it stands', () => {
    expect(mistakesIn(sample)).toEqual([])
  })

  it('has exactly the 90 values of the sample, in its order', () => {
    const fromSample = [...new Set(leavesOf(sample))]
    const headers = [...headerParameters.map((name) => `/${name}`), '/EMRSystem']
    expect(fromSample).toHaveLength(90)
    expect([...encounterFieldPaths, ...headers]).toEqual(fromSample)
    expect(encounterFieldPaths).toHaveLength(82)
  })

  it('describes every property and lets no object hold others', () => {
    const nodes = everyNode(PatientEncounterRequest)
    const undescribed = nodes.filter(([path, node]) => !path.endsWith('/*') && !node.description)
    const open = nodes.filter(([, node]) => node['properties'] && node['additionalProperties'] !== false)
    expect(nodes.length).toBeGreaterThan(90)
    expect(undescribed).toEqual([])
    expect(open).toEqual([])
  })

  it('takes the least there can be', () => {
    expect(mistakesIn(minimal)).toEqual([])
  })

  it('takes null for whatever is optional, at any depth', () => {
    const insurance = nulled(Object.keys(sample.Encounter.Insurances[0] ?? {}))
    const provider = nulled(Object.keys(sample.Encounter.ProvidersType[0] ?? {}))
    const headers = nulled([...headerParameters, 'EMRSystem', 'PatientIdType'])
    expect(mistakesIn({ ...minimal, ...headers, Encounter: nulled(Object.keys(sample.Encounter)) })).toEqual([])
    expect(
      mistakesIn({
        ...minimal,
        Encounter: {
          Location: nulled(Object.keys(sample.Encounter.Location)),
          Insurances: [insurance, { Address: { City: null }, Phones: [{ Number: null }] }],
          ProvidersType: [provider],
          CustomFields: [{ FieldId: null, ResponseValue: null }],
        },
      }),
    ).toEqual([])
  })

  it('refuses null for what is required, and for an item of an array', () => {
    expect(mistakesIn({ UserId: null, PatientId: null, Encounter: null })).toEqual([
      { Pointer: '/UserId', Message: 'must be a string' },
      { Pointer: '/PatientId', Message: 'must be a string' },
      { Pointer: '/Encounter', Message: 'must be an object' },
    ])
    expect(mistakesIn({ ...minimal, Encounter: { Insurances: [null], ICD10DXCodeIds: [null] } })).toEqual([
      { Pointer: '/Encounter/Insurances/0', Message: 'must be an object' },
      { Pointer: '/Encounter/ICD10DXCodeIds/0', Message: 'must be a string' },
    ])
  })

  it.each([0, 'Sandbox', '', null])('takes %j as EMRSystem, which it does not read', (EMRSystem) => {
    expect(mistakesIn({ ...minimal, EMRSystem })).toEqual([])
  })

  it.each([
    '2025-12-12T20:56:11.0053317+00:00',
    '2025-12-12T20:56:11Z',
    '2024-02-29T23:59:59.1-11:30',
    '2000-02-29T00:00:00.000Z',
  ])('takes the date and time %s', (EncounterDateTime) => {
    expect(mistakesIn({ ...minimal, Encounter: { EncounterDateTime } })).toEqual([])
  })

  it.each([
    '2025-12-12T20:56:11.00533171+00:00',
    '2025-12-12T20:56:11.+00:00',
    '2025-12-12T20:56:11',
    '2025-12-12T20:56+00:00',
    '2025-12-12',
    '2025-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-00-10T00:00:00Z',
    '2025-12-12T24:00:00Z',
    '2025-12-12T20:60:00Z',
    '2016-12-31T23:59:60Z',
    '2025-12-12T20:56:11+24:00',
    '2025-12-12T20:56:11+0000',
    '2025-12-12t20:56:11Z',
    '2025-12-12T20:56:11z',
    '2025-12-12 20:56:11Z',
    '2025-12-12T20:56:11Z\n',
    '٢٠٢٥-12-12T20:56:11Z',
    '/Date(1765572971005)/',
    '',
  ])('refuses the date and time %j with one sentence', (EncounterDateTime) => {
    expect(mistakesIn({ ...minimal, Encounter: { EncounterDateTime } })).toEqual([
      {
        Pointer: '/Encounter/EncounterDateTime',
        Message: expect.stringContaining('2025-12-12T20:56:11.0053317+00:00'),
      },
    ])
  })

  it.each(['LoginId', 'Password', 'EmrInstance', 'ApplicationName', 'ApplicationKey', 'AuthorizationToken'])(
    'refuses control characters and excessive length in %s',
    (name) => {
      const most = name === 'AuthorizationToken' ? 8192 : 1024
      for (const bad of ['a\r\nX-Admin: 1', 'a\nb', '\u0000', 'a\u007f', 'a\u0085']) {
        expect(mistakesIn({ ...minimal, [name]: bad })).toEqual([
          { Pointer: `/${name}`, Message: 'must not contain control characters' },
        ])
      }
      expect(mistakesIn({ ...minimal, [name]: 'ü😀'.repeat(most / 2) })).toEqual([])
      expect(mistakesIn({ ...minimal, [name]: 'x'.repeat(most + 1) })).toEqual([
        { Pointer: `/${name}`, Message: `must not be longer than ${most} characters` },
      ])
    },
  )

  it('refuses a body that is no object', () => {
    for (const body of [null, [], 'text', 7]) {
      expect(mistakesIn(body)).toEqual([{ Pointer: '', Message: 'must be an object' }])
    }
  })

  it('refuses an own property called __proto__, constructor or toString', () => {
    const body: unknown = JSON.parse(
      '{"UserId":"u","PatientId":"p","__proto__":{"a":1},"Encounter":{"__proto__":null,"constructor":1,"toString":2}}',
    )
    expect(pointersOf(body)).toEqual([
      '/__proto__',
      '/Encounter/__proto__',
      '/Encounter/constructor',
      '/Encounter/toString',
    ])
  })

  it('does not take inherited properties for required ones', () => {
    expect(pointersOf(JSON.parse('{"__proto__":{"UserId":"u","PatientId":"p","Encounter":{}}}'))).toEqual([
      '/UserId',
      '/PatientId',
      '/Encounter',
      '/__proto__',
    ])
  })
})

describe('takeEncounter', () => {
  it('leaves out the header parameters and nothing else', () => {
    const { UserId, PatientId, PatientIdType, Encounter } = sample
    expect(takeEncounter(sample)).toStrictEqual({ UserId, PatientId, PatientIdType, Encounter })
  })

  it('drops null however deep, keeps what is left empty, and leaves the request alone', () => {
    const request: PatientEncounterRequest = {
      ...minimal,
      PatientIdType: null,
      Encounter: {
        FormType: '',
        Location: { BedId: null },
        ReasonForVisit: null,
        Insurances: [{ Address: null, Phones: [{ Number: null, Extension: '0' }] }, {}],
        ProvidersType: [],
        CustomFields: null,
      },
    }
    const before = structuredClone(request)
    expect(takeEncounter(request)).toStrictEqual({
      ...minimal,
      Encounter: { FormType: '', Location: {}, Insurances: [{ Phones: [{ Extension: '0' }] }, {}], ProvidersType: [] },
    })
    expect(request).toStrictEqual(before)
  })

  it('gives connectors a type without null', () => {
    expectTypeOf<PatientEncounter['PatientId']>().toEqualTypeOf<string>()
    expectTypeOf(cityOf).returns.toEqualTypeOf<string | undefined>()
    expectTypeOf<NonNullable<PatientEncounter['Encounter']['Insurances']>[number]>().toEqualTypeOf<Insurance>()
    expectTypeOf<NonNullable<PatientEncounter['Encounter']['ICD10DXCodeIds']>>().toEqualTypeOf<string[]>()
    expectTypeOf<'LoginId' extends keyof PatientEncounter ? true : false>().toEqualTypeOf<false>()
  })
})
