import type { DomainResource, FhirResource, Reference } from 'fhir/r4.js'
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { identifierQuery } from '../fhir-r4/patient.ts'

/** One resource of a transaction. */
export type Entry = {
  resource: FhirResource
  /** `urn:uuid:...`, by which the others refer to it. */
  fullUrl: string
  /** What the server should look for before it creates; absent if it would not look. */
  ifNoneExist?: string
  /** The insurance or diagnosis it comes from. */
  item?: number
  /** JSON Pointers to what is in this resource only, and so is not carried if the server already had the resource. */
  details: string[]
}

/** What a server accepts, by resource type. */
export type Takes = { creates: ReadonlySet<string>; conditionally: ReadonlySet<string> }

/**
 * Collects the resources of one encounter. A resource that belongs to this encounter alone (Account, Coverage,
 * Condition) becomes an entry under our key. One that the EMR may already have (a clinician, a place, a payer) becomes
 * an entry only if the site configures the system that identifies it, so that the server finds its own; else it is
 * contained, so that no server fills up with copies.
 */
export class Records {
  readonly entries: Entry[] = []
  /** JSON Pointers to what could not be carried, because the same resource occurred twice with different content. */
  readonly conflicting: string[] = []
  readonly #key: string
  readonly #keySystem: string
  readonly #takes: Takes
  #containedCount = 0

  constructor(about: { key: string; identifierSystem: string; takes: Takes }) {
    this.#key = about.key
    this.#keySystem = about.identifierSystem
    this.#takes = about.takes
  }

  /** Whether resources of this type can be sent at all. */
  takes(type: string): boolean {
    return this.#takes.creates.has(type)
  }

  /** The identifier under which this encounter's own `part` is found again. */
  keyOf(part: string): { system: string; value: string } {
    return { system: this.#keySystem, value: part === '' ? this.#key : `${this.#key}-${part}` }
  }

  /** Adds a resource that belongs to this encounter alone; it must bear `keyOf(part)`. */
  own(part: string, resource: FhirResource, item?: number): Reference {
    const { system, value } = this.keyOf(part)
    return this.#enter(resource, part, this.#conditional(resource, system, value), [], item)
  }

  /**
   * Adds a resource that the EMR may already have: as an entry if it is `known` under an identifier and the server
   * creates conditionally, else contained in `holder`. Returns the reference to it, and whether it is an entry.
   */
  shared(
    holder: DomainResource,
    resource: FhirResource,
    known: { system: string | undefined; value: string | undefined },
    details: string[],
  ): { reference: Reference; isEntry: boolean } {
    const { system, value } = known
    const query = system === undefined || value === undefined ? undefined : this.#conditional(resource, system, value)
    if (query === undefined) {
      resource.id = `c${++this.#containedCount}`
      holder.contained = [...(holder.contained ?? []), resource]
      return { reference: { reference: `#${resource.id}` }, isEntry: false }
    }
    const same = this.entries.find(
      (entry) => entry.resource.resourceType === resource.resourceType && entry.ifNoneExist === query,
    )
    if (!same)
      return { reference: this.#enter(resource, `${resource.resourceType}?${query}`, query, details), isEntry: true }
    if (!isDeepStrictEqual(same.resource, resource)) this.conflicting.push(...details)
    return { reference: { reference: same.fullUrl }, isEntry: true }
  }

  #conditional({ resourceType }: FhirResource, system: string, value: string): string | undefined {
    const { creates, conditionally } = this.#takes
    return creates.has(resourceType) && conditionally.has(resourceType) ? identifierQuery(system, value) : undefined
  }

  #enter(
    resource: FhirResource,
    part: string,
    ifNoneExist: string | undefined,
    details: string[],
    item?: number,
  ): Reference {
    const fullUrl = `urn:uuid:${uuidOf(`${this.#key}/${part}`)}`
    this.entries.push({
      resource,
      fullUrl,
      details,
      ...(ifNoneExist !== undefined && { ifNoneExist }),
      ...(item !== undefined && { item }),
    })
    return { reference: fullUrl }
  }
}

/**
 * The same name gives the same UUID (RFC 9562, version 8), so that an attempt repeats the previous one to the letter.
 */
function uuidOf(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
