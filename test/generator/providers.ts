import type { Provider } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { phoneOf } from './patients.ts'
import { randomOf } from './random.ts'
import * as words from './vocabulary.ts'

const PROVIDERS = 2
const STAFF = 400
/** Prefix of an NPI as a card issuer's number, by which its check digit is computed (CMS, 45 CFR 162.406). */
const NPI_PREFIX = '80840'

/** One of the staff of 400, each time the same; without what depends on the encounter. */
export function providerAt(seed: number, number: number): Omit<Provider, 'ProviderType' | 'InternalSequence'> {
  const member = number % STAFF
  const random = randomOf(seed, PROVIDERS, member)
  const ProviderId = `P${1_000 + member}`
  return {
    ProviderId,
    ...(random.chance(0.6) && { NPI: npiOf(`1${String(random.whole(0, 99_999_999)).padStart(8, '0')}`) }),
    ...(random.chance(0.6) && { LicenseNumber: `L${random.whole(1e5, 9e5)}` }),
    ...(random.chance(0.6) && { Email: `${ProviderId.toLowerCase()}@example.org` }),
    ...(random.chance(0.3) && {
      Address: {
        Address1: `${random.whole(1, 999)} ${random.pick(words.streets)}`,
        ...(random.chance(0.4) && { Address2: `Suite ${random.whole(1, 40) * 10}` }),
        ...(random.chance(0.2) && { Address3: `Building ${random.pick(['A', 'B', 'C'])}` }),
        ...random.pick(words.cities),
        TypeId: 'B',
        Country: 'US',
      },
    }),
    ...(random.chance(0.3) && { Phones: [{ ...phoneOf(random), TypeId: random.pick(['WPN', 'ORN']) }] }),
  }
}

/** The NPI of nine digits: with the check digit of Luhn. */
export function npiOf(nine: string): string {
  const sum = Array.from(NPI_PREFIX + nine, Number)
    .toReversed()
    .reduce((total, digit, at) => total + (at % 2 === 0 ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit), 0)
  return `${nine}${(10 - (sum % 10)) % 10}`
}
