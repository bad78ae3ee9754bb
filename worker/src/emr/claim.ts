import type { EncounterOrder } from './emr.ts'
import { EmrError } from './emr-error.ts'

/**
 * Clocks of the gateway and of an EMR that differ by at most this are taken to agree: NTP keeps a machine within a
 * second.
 */
export const CLOCKS_AGREE_MS = 5_000
/** An encounter older than the first attempt by more than this is older by any clock. */
export const CLOCKS_APART_MS = 15 * 60_000

/**
 * A span of time, ms since the epoch: a second, a minute or a day, as precise as the EMR shows when an encounter was
 * created.
 */
export type Span = { from: number; to: number }

/** How something that was sent compares with what the EMR shows of it; `unclear` also if it shows nothing. */
export type Compared = 'same' | 'different' | 'unclear'

/** What an EMR shows of an encounter that does not bear our key. */
export type Likeness = {
  /** When it was created; `undefined` if the EMR does not show it. */
  made: Span | undefined
  /** Not closed, cancelled, deleted or entered in error; `undefined` if the EMR does not show it. */
  isOpen: boolean | undefined
  /** Everything that was sent and that this EMR could show. */
  compared: Compared[]
}

/** `ours` may be claimed, `other` is certainly another encounter, `unclear` cannot be decided. */
export type Verdict = 'ours' | 'unclear' | 'other'

/**
 * The one rule for every EMR that stores no key of ours (docs/adr/0013-what-may-be-claimed-as-ours.md): an encounter is
 * claimed only if it was created during the attempts of this job, is still open and is the same in everything that was
 * sent. One that differs, or is surely older, belongs to another. `adopts`: the site has decided that age and state may
 * be ignored if the EMR does not show them.
 */
export function verdictOn(
  { made, isOpen, compared }: Likeness,
  { firstAttemptAt, lastAttemptOverAt }: Pick<EncounterOrder, 'firstAttemptAt' | 'lastAttemptOverAt'>,
  { adopts }: { adopts: boolean },
): Verdict {
  if (compared.includes('different')) return 'other'
  if (firstAttemptAt === undefined || lastAttemptOverAt === undefined) return 'unclear'
  if (made && made.to < firstAttemptAt - CLOCKS_APART_MS) return 'other'
  if (!(isOpen ?? adopts) || compared.includes('unclear')) return 'unclear'
  if (!made) return adopts ? 'ours' : 'unclear'
  const attempts = { from: firstAttemptAt - CLOCKS_AGREE_MS, to: lastAttemptOverAt + CLOCKS_AGREE_MS }
  const within = made.from >= attempts.from && made.to <= attempts.to
  const overlapping = made.to >= attempts.from && made.from <= attempts.to
  return within || (adopts && overlapping) ? 'ours' : 'unclear'
}

/** The one candidate that is ours, if no other one could be. Throws `Undecided` if that cannot be decided. */
export function onlyOne<Candidate extends { verdict: Verdict }>(candidates: Candidate[]): Candidate | undefined {
  const [only, ...more] = candidates.filter(({ verdict }) => verdict !== 'other')
  if (!only) return undefined
  if (more.length > 0 || only.verdict === 'unclear') throw alike()
  return only
}

/**
 * The EMR has answered, and still it is unknown whether the encounter is there: the job ends `OutcomeUnknown`, and a
 * person decides.
 */
export class Undecided extends EmrError {
  override name = 'Undecided'
  /** `writes`: the answer was one to an attempt to create the encounter. */
  constructor(message: string, { writes = false } = {}) {
    super(502, message, { outcomeUnknown: writes, answered: true, retry: false })
  }
}

/** Better no answer than a wrong one: someone who can see the chart has to decide which is ours, if any. */
export function alike(): Undecided {
  return new Undecided('the EMR has encounters of this patient that may be this one, and nothing identifies which')
}

/**
 * The encounter bears our key, and someone has cancelled it since (or deleted it, or marked it as entered in error). It
 * is no longer a success, and creating another would undo that person's decision.
 */
export function cancelledSince(about: { writes?: boolean } = {}): Undecided {
  return new Undecided('the EMR has the encounter, but as cancelled, deleted or entered in error', about)
}

/**
 * `same` if the EMR shows what was sent, `different` if it shows something else, `unclear` if it shows nothing; a value
 * that was not sent is the same.
 */
export function comparedWith(sent: string | undefined, shown: string | undefined): Compared {
  if (sent === undefined) return 'same'
  if (shown === undefined || shown === '') return 'unclear'
  return shown === sent ? 'same' : 'different'
}
