import type { CustomField } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { Extension } from 'fhir/r4.js'
import { given } from '../fhir-r4/values.ts'
import type { Extend } from './contact.ts'

/** Our own extensions with texts in them, below a base URL. */
export function extendBelow(baseUrl: string): Extend {
  return (name, value) => given(value, (valueString) => ({ url: `${baseUrl}${name}`, valueString }))
}

/** Each answer to a site's own question as an extension of two: `FieldId` and `ResponseValue`. */
export function customFields(fields: CustomField[] = [], baseUrl: string): Extension[] {
  const extend = extendBelow('')
  return fields.flatMap(({ FieldId, ResponseValue }) => {
    const parts = [extend('FieldId', FieldId), extend('ResponseValue', ResponseValue)].filter(
      (part) => part !== undefined,
    )
    return parts.length === 0 ? [] : [{ url: `${baseUrl}CustomField`, extension: parts }]
  })
}
