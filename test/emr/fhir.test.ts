import { conformance } from '../conformance.ts'
import { openFhirServer } from './fhir.ts'

conformance({ emrSystem: 'Epic', connector: 'fhir', open: () => openFhirServer() })
conformance({
  emrSystem: 'Meditech',
  connector: 'fhir',
  open: () => openFhirServer({ transactions: false, conditionalCreate: false }),
})
