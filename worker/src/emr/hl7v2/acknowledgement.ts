import type { ErrorLocation } from './error-location.ts'

/** The content of an acknowledgement: MSA, and an ERR for each fault found. */
export type Acknowledgement = {
  /** MSA-1, HL7 table 0008: AA, AE, AR, or CA, CE, CR for the mere receipt of the message. */
  code: string
  /** MSA-2: MSH-10 of the message that is answered; empty if the receiver did not repeat it. */
  answers: string
  faults: Fault[]
  /** What to put into an answer to this answer; `undefined` unless its MSH-15 requests one. */
  wantsAnswer: { controlId: string; version: string } | undefined
}

/**
 * One fault: a code of HL7 table 0357 or of the site, and its location. Texts are ignored: they may quote the patient.
 */
export type Fault = { code: string; location: ErrorLocation | undefined }

/** What engines put before MSH: line breaks, and a byte order mark, which Latin-1 reads as three characters. */
const BEFORE_HEADER = /^(?:\s|\xef\xbb\xbf)+/

/**
 * Reads an acknowledgement, with the delimiters that it names itself. Every part that matters is ASCII, so its bytes
 * are read as Latin-1 whatever its character set. `undefined` for anything other than HL7 v2 with an MSA.
 */
export function readAcknowledgement(bytes: Buffer): Acknowledgement | undefined {
  const text = bytes.toString('latin1').replace(BEFORE_HEADER, '')
  if (!text.startsWith('MSH') || text.length < 8) return undefined
  const field = text.charAt(3)
  const segments = text.split(/[\r\n]+/).map((line) => line.split(field))
  const header = segments[0] ?? []
  // MSH-2 is the text to the next separator: engines write it with three to five characters, and the escape character
  // is the one that they leave out.
  const [component = '^', repetition = '~', third = '\\', fourth = '&'] = header[1] ?? ''
  const subcomponent = header[1]?.length === 3 && third !== '\\' ? third : fourth
  const answer = segments.find(([name]) => name === 'MSA')
  if (!answer) return undefined
  const cut = { component, repetition, subcomponent }
  const faults = segments.filter(([name]) => name === 'ERR').flatMap((error) => faultsOf(error, cut))
  // MSA-6, the place of the fault before v2.5.
  const older = (answer[6] ?? '').split(component)[0]?.trim() ?? ''
  // In MSH the delimiter itself is field 1, so all others stand one place earlier.
  const wants = ['AL', 'SU'].includes((header[14] ?? '').trim())
  return {
    code: (answer[1] ?? '').trim(),
    answers: (answer[2] ?? '').trim(),
    faults: faults.length === 0 && older ? [{ code: older, location: undefined }] : faults,
    wantsAnswer: wants ? { controlId: (header[9] ?? '').trim(), version: (header[11] ?? '').trim() } : undefined,
  }
}

type Delimiters = { component: string; repetition: string; subcomponent: string }

function faultsOf(error: string[], { component, repetition, subcomponent }: Delimiters): Fault[] {
  // ERR-4: warnings and notes are no reason to refuse a message.
  if (['W', 'I'].includes((error[4] ?? '').trim())) return []
  const code = (error[3] ?? '').split(component)[0]?.trim() ?? ''
  const locations = (error[2] ?? '').split(repetition).filter(Boolean)
  if (code || locations.length > 0) {
    const at = locations.map((location) => locationOf(location.split(component)))
    return (at.length > 0 ? at : [undefined]).map((location) => ({ code, location }))
  }
  // ERR-1 (ELD), as it was before v2.5: segment, sequence, field, and the code as subcomponents.
  return (error[1] ?? '')
    .split(repetition)
    .filter(Boolean)
    .map((old) => {
      const [segment, sequence, field, reason = ''] = old.split(component)
      const known = segment ? locationOf([segment, sequence, field]) : undefined
      return { code: reason.split(subcomponent)[0]?.trim() ?? '', location: known }
    })
}

function locationOf([segment = '', sequence, field, repetition, component]: (string | undefined)[]): ErrorLocation {
  const number = (text: string | undefined) => (/^\d{1,4}$/.test(text ?? '') ? Number(text) : undefined)
  return {
    segment,
    sequence: number(sequence),
    field: number(field),
    repetition: number(repetition),
    component: number(component),
  }
}
