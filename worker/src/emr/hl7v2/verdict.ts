import { refused, brokenOff, unreadable, EmrError } from '../emr-error.ts'
import type { Acknowledgement, Fault } from './acknowledgement.ts'
import type { Locator } from './error-location.ts'
import type { Site } from './options.ts'

/** The meaning of an acknowledgement: the encounter exists, it does not and why, or another answer is still to come. */
export type Verdict = 'created' | EmrError | undefined

/** What is known about the message that was answered. */
export type Answered = {
  pointersAt: Locator
  /** Whether PV1-19 is our correlation key, which no other encounter can have. */
  ownVisitNumber: boolean
  /** Whether an earlier attempt may have reached the EMR. */
  mayExist: boolean
}

type Rules = Pick<Site, 'acknowledgement' | 'errorCodes' | 'retryRejected'>

/**
 * Maps HL7 tables 0008 and 0357 to the seed's codes, by the rules of the site. With AE or AR the EMR reports that it
 * has not accepted the encounter, so the outcome is known.
 */
export function verdictOf({ code, faults }: Acknowledgement, rules: Rules, answered: Answered): Verdict {
  switch (code) {
    case 'AA':
      return 'created'
    case 'CA':
      return rules.acknowledgement === 'commit' ? 'created' : undefined
    case 'AE':
    case 'CE':
      return refusal(faults, rules, answered)
    case 'AR':
    case 'CR': {
      const isDuplicate = faults.length > 0 && faults.every((fault) => meaningOf(fault, rules) === 'duplicate')
      return isDuplicate ? duplicate(faults, answered) : rejected(rules)
    }
    default:
      return unreadable(true)
  }
}

function refusal(faults: Fault[], rules: Rules, answered: Answered): Verdict {
  const all: Fault[] = faults.length > 0 ? faults : [{ code: '', location: undefined }]
  const meanings = new Set(all.map((fault) => meaningOf(fault, rules)))
  if (meanings.has('content')) {
    const content = all.filter((fault) => meaningOf(fault, rules) === 'content')
    return refused(400, { pointers: pointersOf(content, answered) })
  }
  if (meanings.has('configuration')) return rejected(rules)
  if (meanings.has('busy')) return brokenOff({ writes: false, answered: true })
  return duplicate(all, answered)
}

function rejected({ retryRejected }: Rules): EmrError {
  return new EmrError(502, 'the EMR rejected the message', { outcomeUnknown: false, retry: retryRejected })
}

/**
 * The EMR already has something of ours. If the match is our key (MSH-10, PV1-50, or PV1-19 where that is our key) it
 * is this encounter, from a message whose answer was lost. If it is the EncounterAlias, or the EMR does not name the
 * match, it is another encounter under the same alias; but once an attempt may have reached the EMR it may be ours, and
 * a person must look.
 */
function duplicate(faults: Fault[], { ownVisitNumber, mayExist }: Answered): Verdict {
  const ours = faults.every(({ location }) => {
    const at = location && `${location.segment}-${location.field ?? ''}`
    if (at === 'MSH-10' || at === 'PV1-50') return true
    return ownVisitNumber && (at === undefined || at === 'PV1-19')
  })
  if (ours) return 'created'
  if (!mayExist) {
    return refused(400, {
      because: 'the EMR has another encounter with this alias',
      pointers: ['/Encounter/EncounterAlias'],
    })
  }
  return new EmrError(502, 'the EMR has an encounter with this alias, which may be another one', {
    outcomeUnknown: true,
    retry: false,
  })
}

function meaningOf({ code }: Fault, { errorCodes }: Rules): Site['errorCodes'][string] {
  return (Object.hasOwn(errorCodes, code) ? errorCodes[code] : errorCodes['']) ?? 'busy'
}

/** The maximum number of objections; more help nobody. */
const MOST_POINTERS = 50

function pointersOf(faults: Fault[], { pointersAt }: Answered): string[] {
  const pointers = faults.flatMap(({ location }) => (location ? pointersAt(location) : []))
  return [...new Set(pointers)].slice(0, MOST_POINTERS)
}
