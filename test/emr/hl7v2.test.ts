import { conformance } from '../conformance.ts'
import { openHl7v2 } from './hl7v2.ts'
import { agreed, lenient } from './use-hl7v2.ts'

const withZSegments = {
  '/Encounter/FormType': 'ZEG-2',
  '/Encounter/VisitorStatusId': 'ZEG-3',
  '/Encounter/TreatmentPhaseId': 'ZEG-4',
  '/Encounter/CustomFields/*/FieldId': 'ZCF-2',
  '/Encounter/CustomFields/*/ResponseValue': 'ZCF-3',
  '/Encounter/Insurances/*/CustomFields/*/FieldId': 'ZIN-3',
  '/Encounter/Insurances/*/CustomFields/*/ResponseValue': 'ZIN-4',
}

conformance({
  emrSystem: 'Meditech',
  connector: 'hl7v2',
  open: () => openHl7v2({ agreed, options: lenient }),
  // two calls in a row without an answer open the breaker where each may cost a person's time
  settings: { onUnknownOutcome: 'resend', breaker: { openMs: 300 } },
})

conformance({
  emrSystem: 'Epic',
  connector: 'hl7v2',
  open: () =>
    openHl7v2({
      agreed,
      duplicates: 'refuse',
      options: { ...lenient, acknowledgement: 'enhanced', fields: withZSegments },
    }),
  // two calls in a row without an answer open the breaker where each may cost a person's time
  settings: { onUnknownOutcome: 'resend', breaker: { openMs: 300 } },
})
