import { parseElement } from './element.ts'

/** HL7 v2.5.1's definition of an element: its data type, and its maximum number of characters. */
export type ElementLimit = { type: string; maxLength: number }

/** Each field in order, data type and length (HL7 v2.5.1, chapters 2, 3, 6 and 15). */
const segments: Record<string, string> = {
  MSH: 'ST1 ST4 HD227 HD227 HD227 HD227 TS26 ST40 MSG15 ST20 PT3 VID60 NM15 ST180 ID2 ID2 ID3 ID16 CE250 ID20 EI427',
  EVN: 'ID3 TS26 TS26 IS3 XCN250 TS26 HD241',
  PID: 'SI4 CX20 CX250 CX20 XPN250 XPN250 TS26 IS1 XPN250 CE250 XAD250 IS4 XTN250 XTN250 CE250 CE250 CE250 CX250 ST16 DLN25 CX250 CE250 ST250 ID1 NM2 CE250 CE250 CE250 TS26 ID1 ID1 IS20 TS26 HD241 CE250 CE250 ST80 CE250 CWE250',
  PV1: 'SI4 IS1 PL80 IS2 CX250 PL80 XCN250 XCN250 XCN250 IS3 PL80 IS2 IS2 IS6 IS2 IS2 XCN250 IS2 CX250 FC50 IS2 IS2 IS2 IS2 DT8 NM12 NM3 IS2 IS4 DT8 IS10 NM12 NM12 IS1 DT8 IS3 DLD47 CE250 IS2 IS1 IS2 PL80 PL80 TS26 TS26 NM12 NM12 NM12 NM12 CX250 IS1 XCN250',
  PV2: 'PL80 CE250 CE250 CE250 ST25 ST25 IS2 TS26 TS26 NM3 NM3 ST50 XCN250 DT8 ID1 IS1 DT8 IS2 ID1 NM1 IS1 ID1 XON250 IS2 IS1 DT8 IS2 DT8 DT8 CE250 IS2 ID1 TS26 ID1 ID1 ID1 ID1 CE250 CE250 CE250 CE250 CE250 IS2 IS2 CE250 DT8 TS26 TS26 IS20',
  ROL: 'EI60 ID2 CE250 XCN250 TS26 TS26 CE250 CE250 CE250 CE250 XAD250 XTN250',
  DG1: 'SI4 ID2 CE250 ST40 TS26 IS2 CE250 CE250 ID1 IS2 CE250 NM3 CP12 ST4 ID2 XCN250 IS3 ID1 TS26 EI427 ID1',
  GT1: 'SI4 CX250 XPN250 XPN250 XAD250 XTN250 XTN250 TS26 IS1 IS2 CE250 ST11 DT8 DT8 NM2 XPN250 XAD250 XTN250 CX250 IS2 XON250 ID1 CE250 TS26 ID1 CE250 CP10 NM3 CX250 CE250 DT8 DT8 IS2 IS2 CE250 CE250 IS2 CE250 ID1 IS2 CE250 XPN250 CE250 CE250 XPN250 XTN250 CE250 IS3 ST20 JCC20 XON250 IS2 IS2 FC50 CE250 ST250 IS2',
  IN1: 'SI4 CE250 CX250 XON250 XAD250 XPN250 XTN250 ST12 XON250 CX250 XON250 DT8 DT8 AUI239 IS3 XPN250 CE250 TS26 XAD250 IS2 IS2 ST2 ID1 DT8 ID1 DT8 IS2 ST15 TS26 XCN250 IS2 IS2 NM4 NM4 IS8 ST15 CP12 CP12 NM4 CP12 CP12 CE250 IS1 XAD250 ST2 IS8 IS3 IS2 CX250 IS1 DT8 ST250 IS2',
}

/** Each component of the data types that have several (HL7 v2.5.1, chapter 2A). */
const dataTypes: Record<string, string> = {
  CE: 'ST20 ST199 ID20 ST20 ST199 ID20',
  CX: 'ST15 ST1 ID3 HD227 ID5 HD227 DT8 DT8 CWE705 CWE705',
  EI: 'ST199 IS20 ST199 ID6',
  FN: 'ST50 ST20 ST50 ST20 ST50',
  HD: 'IS20 ST199 ID6',
  PL: 'IS20 IS20 IS20 HD227 IS20 IS20 IS20 IS20 ST199 EI427 HD227',
  SAD: 'ST120 ST50 ST12',
  XAD: 'SAD184 ST120 ST50 ST50 ST12 ID3 ID3 ST50 IS20 IS20 ID1 DR53 TS26 TS26',
  XCN: 'ST15 FN194 ST30 ST30 ST20 ST20 IS5 IS4 HD227 ID1 ST1 ID3 ID5 HD227 ID1 CE483 DR53 ID1 TS26 TS26 ST199 CWE705 CWE705',
  XON: 'ST50 IS20 NM4 NM1 ID3 HD227 ID5 HD227 ID1 ST20',
  XPN: 'FN194 ST30 ST30 ST20 ST20 IS6 ID1 ID1 CE483 DR53 ID1 TS26 TS26 ST199',
  XTN: 'ST199 ID3 ID8 ST199 NM3 NM4 NM9 NM5 ST199 ST4 ST6 ST199',
}

/** The limit of a whole field, such as `PV1-3`; `undefined` for a segment or field that v2.5.1 does not have. */
export function fieldLimit(segment: string, field: number): ElementLimit | undefined {
  return nth(segments[segment], field)
}

/** The limit of the text at an element, such as `IN1-5.1.1`, as deep as its data type goes. */
export function elementLimit(name: string): ElementLimit | undefined {
  const { segment, field, component, subcomponent } = parseElement(name)
  let limit = fieldLimit(segment, field)
  for (const part of [component, subcomponent]) {
    if (limit && Object.hasOwn(dataTypes, limit.type)) limit = nth(dataTypes[limit.type], part)
  }
  return limit
}

function nth(parts: string | undefined, position: number): ElementLimit | undefined {
  const [, type, length] = /^([A-Z]+)(\d+)$/.exec(parts?.split(' ')[position - 1] ?? '') ?? []
  return type && length ? { type, maxLength: Number(length) } : undefined
}
