import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { valuesOf, type Carried } from '../carried/not-carried.ts'

/** The maximum number of objections; more help nobody. */
const MOST = 50

/** What was sent, as needed to find the request field that one of its elements came from. */
export type Sent = {
  encounter: PatientEncounter
  carried: Carried
  /** The resources in the order of the Bundle; `item`: the insurance or diagnosis it came from. */
  resources: readonly { type: string; item?: number }[]
  /**
   * Lists whose items come from a list of the request, and how many others stand before those: `Encounter.participant`.
   */
  lists: Readonly<Record<string, number>>
}

/**
 * The list of clinicians, if it holds each of the request's: the attending one first. If some were left out, an index
 * does not identify one.
 */
export function clinicians({ Encounter: from }: PatientEncounter, sent: readonly unknown[] = []): Sent['lists'] {
  const before = from.AttendingProviderId === undefined ? 0 : 1
  return sent.length === before + (from.ProvidersType ?? []).length ? { 'Encounter.participant': before } : {}
}

/**
 * JSON Pointers to the request fields from which the elements named by a server came; none for an element without such
 * a field or one that stands for the whole resource. They point to what was sent, so they hold nothing of the server's
 * text.
 */
export function pointersTo(expressions: readonly string[], sent: Sent): string[] {
  const values = valuesOf(sent.encounter)
  const found = expressions.flatMap((expression) => {
    const place = placeOf(expression, sent)
    if (!place) return []
    const paths = new Set(
      Object.entries(sent.carried)
        .filter(([, target]) => isAt(place.element, plain(target)))
        .map(([path]) => path),
    )
    return values
      .filter(({ path, pointer }) => paths.has(path) && (place.item === undefined || itemIn(pointer) === place.item))
      .map(({ pointer }) => pointer)
  })
  return [...new Set(found)].slice(0, MOST)
}

/** The element without its indexes, and the item of the request's list if the indexes identify it. */
function placeOf(expression: string, sent: Sent): { element: string; item: number | undefined } | undefined {
  const [, index, inBundle = expression] = /^Bundle\.entry\[(\d+)\]\.resource\.(.*)$/.exec(expression) ?? []
  const resource = index === undefined ? onlyOne(sent, inBundle) : sent.resources[Number(index)]
  const full = resource && !inBundle.startsWith(`${resource.type}.`) ? `${resource.type}.${inBundle}` : inBundle
  const element = plain(full)
  if (!element.includes('.') || element.includes('.extension')) return undefined
  return { element, item: resource?.item ?? itemOf(full, sent.lists) }
}

function onlyOne({ resources }: Sent, expression: string) {
  const [type = ''] = expression.split('.', 1)
  const ofType = resources.filter((resource) => resource.type === type)
  return ofType.length === 1 ? ofType[0] : undefined
}

function itemOf(expression: string, lists: Sent['lists']): number | undefined {
  const [, list = '', index] = /^([A-Za-z]+\.[A-Za-z]+)\[(\d+)\]/.exec(expression) ?? []
  return Object.hasOwn(lists, list) ? Number(index) - (lists[list] ?? 0) : undefined
}

/** FHIRPath without indexes, functions and conditions: `Coverage.class[1].value` becomes `Coverage.class.value`. */
function plain(path: string): string {
  return path.replaceAll(/\[[^\]]*\]|\.(resolve|where|ofType|first)\([^)]*\)|\([^)]*\)| .*$/g, '')
}

function isAt(element: string, target: string): boolean {
  return target === element || target.startsWith(`${element}.`) || element.startsWith(`${target}.`)
}

function itemIn(pointer: string): number {
  return Number(/\/(\d+)(?:\/|$)/.exec(pointer)?.[1])
}
