import { conformance } from '../conformance.ts'
import { openHl7v2 } from './hl7v2.ts'

/** The sample's codes are no real ones: at a site that leaves out what does not fit, the rest arrives. */
const lenient = { onMisfit: 'leave-out', defaultPatientClass: 'U', elements: { 'PID-3.5': { maxLength: 20 } } }
const agreed = { lengths: { 'PID-3.5': 20 } }
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
  settings: { onUnknownOutcome: 'resend' },
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
  settings: { onUnknownOutcome: 'resend' },
})
