import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { valuesOf, type Carried } from '../carried/not-carried.ts'
import { waysTo, type SentResource } from './referrers.ts'

/** The maximum number of objections; more help nobody. */
const MOST = 50

/** What was sent, as needed to find the request field that one of its elements came from. */
export type Sent = {
  encounter: PatientEncounter
  carried: Carried
  /** In the order of the Bundle. */
  resources: readonly SentResource[]
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
    return placesOf(expression, sent).flatMap((place) => {
      const paths = new Set(
        Object.entries(sent.carried)
          .filter(([, target]) => isAt(place.element, plain(target)))
          .map(([path]) => path),
      )
      return values
        .filter(({ path, pointer }) => paths.has(path) && isOfItem(pointer, place.item))
        .map(({ pointer }) => pointer)
    })
  })
  return [...new Set(found)].slice(0, MOST)
}

type Place = { element: string; item: number | undefined }

/**
 * The elements without their indexes, and the item of the request's list if the indexes identify it. An element of a
 * clinician, place, payer or guarantor, contained or an entry of its own, is named by the way that leads there.
 */
function placesOf(expression: string, sent: Sent): Place[] {
  // Some servers put the type and id of the resource into a comment: `Bundle.entry[0].resource/*Encounter/null*/.subject`.
  const text = expression.replaceAll(/\/\*.*?\*\//g, '')
  const [, index, inBundle = text] = /^Bundle\.entry\[(\d+)\]\.resource\.(.*)$/.exec(text) ?? []
  const sentResource = index === undefined ? onlyOne(sent, inBundle) : sent.resources[Number(index)]
  if (!sentResource) return [inBundle].flatMap((full) => placeOf(full, undefined, sent))
  const { resourceType } = sentResource.resource
  const within = inBundle.startsWith(`${resourceType}.`) ? inBundle.slice(resourceType.length + 1) : inBundle
  const isMain = (type: string) => Object.values(sent.carried).some((target) => target.startsWith(`${type}.`))
  return waysTo(within, sentResource, { resources: sent.resources, isMain }).flatMap(({ full, item }) =>
    placeOf(full, item, sent),
  )
}

function placeOf(full: string, item: number | undefined, { lists }: Sent): Place[] {
  const element = plain(full)
  if (!element.includes('.') || element.includes('.extension')) return []
  return [{ element, item: item ?? itemOf(full, lists) }]
}

function onlyOne({ resources }: Sent, expression: string) {
  const [type = ''] = expression.split('.', 1)
  const ofType = resources.filter(({ resource }) => resource.resourceType === type)
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

/** Items below 0 stand before those of the request's list, and come from a field of their own. */
function isOfItem(pointer: string, item: number | undefined): boolean {
  const [, index] = /\/(\d+)(?:\/|$)/.exec(pointer) ?? []
  return item === undefined || (item < 0 ? index === undefined : Number(index) === item)
}
