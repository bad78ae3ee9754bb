import { randomFrom, type Random } from './random.ts'
import type { SetUpKind } from './redis/set-up.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
/** Nothing is done to a gateway that has not begun to work. */
const WARM_UP_MS = 2 * SECOND
const LONGEST_REST_MS = 30 * SECOND

type Span = readonly [shortestMs: number, longestMs: number]

/**
 * Everything the nemesis can do, with its duration. Each lane does one thing at a time, the lanes run side by side.
 * Bounds that matter: a worker's lock is 6 s and is checked every 2 s, so a pause of 15 s loses it for certain; the EMR
 * takes at most `settleMs` longer than our time-out, or the gateway's promise would not hold by its own terms.
 */
export const lanes = {
  worker: {
    'worker-kill': [500, 4 * SECOND],
    'worker-kill-all': [500, 3 * SECOND],
    'worker-restart': [200, 1 * SECOND],
    'worker-pause': [15 * SECOND, 25 * SECOND],
    'worker-clock': [4 * SECOND, 15 * SECOND],
    outage: [13 * SECOND, 20 * SECOND],
  },
  api: {
    'api-kill': [500, 4 * SECOND],
    'api-restart': [200, 1 * SECOND],
    'api-pause': [1 * SECOND, 3 * SECOND],
  },
  redis: {
    'redis-kill': [300, 4 * SECOND],
    'redis-pause': [1 * SECOND, 3 * SECOND],
    'redis-full': [1 * SECOND, 5 * SECOND],
    'disk-full': [2 * SECOND, 4 * SECOND],
  },
  emr: {
    'emr-slow': [3 * SECOND, 10 * SECOND],
    'emr-408': [2 * SECOND, 8 * SECOND],
    'emr-502': [2 * SECOND, 8 * SECOND],
    'emr-429': [2 * SECOND, 6 * SECOND],
    'emr-drop-before': [2 * SECOND, 8 * SECOND],
    'emr-drop-after': [2 * SECOND, 8 * SECOND],
    'emr-502-after': [2 * SECOND, 8 * SECOND],
    'emr-late-commit': [3 * SECOND, 8 * SECOND],
    'emr-finds-fail': [3 * SECOND, 8 * SECOND],
    'emr-refuses': [2 * SECOND, 5 * SECOND],
    'emr-down': [3 * SECOND, 10 * SECOND],
    'emr-pause': [500, 1500],
  },
  network: {
    'net-emr-cut': [2 * SECOND, 6 * SECOND],
    'net-emr-delay': [2 * SECOND, 8 * SECOND],
    'net-emr-half-close': [2 * SECOND, 6 * SECOND],
    'net-emr-deaf': [1 * SECOND, 4 * SECOND],
    'net-redis-cut': [1 * SECOND, 5 * SECOND],
    'net-redis-delay': [2 * SECOND, 8 * SECOND],
    'net-redis-half-close': [1 * SECOND, 5 * SECOND],
    'net-redis-deaf': [1 * SECOND, 3 * SECOND],
    // a silent connection is noticed and replaced within 8 s
    'net-redis-silent': [9 * SECOND, 12 * SECOND],
  },
} as const satisfies Record<string, Record<string, Span>>

/**
 * What is done to several servers: up to long enough that a replica is promoted (2 s of silence, a vote, up to 6 s), and
 * short enough that it often is not.
 */
const severalServers = {
  'redis-kill': [500, 10 * SECOND],
  'redis-pause': [1 * SECOND, 12 * SECOND],
  'redis-failover': [1 * SECOND, 2 * SECOND],
  'redis-full': [1 * SECOND, 5 * SECOND],
} as const satisfies Record<string, Span>

type Lanes = typeof lanes
export type Lane = keyof Lanes
export type NemesisKind = { [L in Lane]: keyof Lanes[L] }[Lane] | keyof typeof severalServers

const laneNames = Object.keys(lanes) as Lane[]

/** One action of the nemesis. */
export type NemesisEvent = {
  lane: Lane
  kind: NemesisKind
  /** Since the start, not before the lane's last event is over. */
  atMs: number
  forMs: number
  /** Decides the rest: which process, which share, which direction. */
  seed: number
}

/** The kinds of a lane and their durations. */
function spansOf(lane: Lane, redis: SetUpKind): Record<string, Span> {
  return lane === 'redis' && redis !== 'single' ? severalServers : lanes[lane]
}

/** Every kind that is done to this set-up of Redis and all around it. */
export function nemesisKinds(redis: SetUpKind = 'single'): NemesisKind[] {
  return laneNames.flatMap((lane) => Object.keys(spansOf(lane, redis))) as NemesisKind[]
}

/**
 * The events and their times, decided by seed and minutes alone: each kind at least once, then more of them until the
 * time is over. In a run of less than two minutes each occurs once, shorter and close together; a longer one has rests,
 * in which recovery can be seen. Throws `RangeError` if the minutes are too few for one of each.
 */
export function planNemesis(seed: number, minutes: number, redis: SetUpKind = 'single'): NemesisEvent[] {
  return laneNames
    .flatMap((lane, number) => planLane({ lane, spans: spansOf(lane, redis), minutes }, randomFrom(seed, number + 1)))
    .toSorted((a, b) => a.atMs - b.atMs)
}

/**
 * Between two events of a run of only some kinds: the longest recovery, 10 s of a killed worker's jobs, is over by
 * then.
 */
const RECOVERY_MS = 22 * SECOND

/**
 * These kinds in turn and nothing else, each after full recovery from the last: how long recovery takes by itself.
 * Throws `RangeError` for an unknown kind.
 */
export function planOnly(
  kinds: readonly string[],
  seed: number,
  minutes: number,
  redis: SetUpKind = 'single',
): NemesisEvent[] {
  const random = randomFrom(seed)
  const events: NemesisEvent[] = []
  for (let n = 0, atMs = WARM_UP_MS; ; n++) {
    const kind = kinds[n % kinds.length]
    const lane = laneNames.find((each) => Object.hasOwn(spansOf(each, redis), kind ?? ''))
    if (kind === undefined || !lane) {
      throw new RangeError(`there is no ${kind}, but ${nemesisKinds(redis).join(', ')}`)
    }
    const [shortestMs, longestMs] = spansOf(lane, redis)[kind] ?? [0, 0]
    const forMs = random.integer(shortestMs, longestMs)
    if (atMs + forMs > minutes * MINUTE) return events
    events.push({ lane, kind: kind as NemesisKind, atMs, forMs, seed: random.integer(1, 0xffff_ffff) })
    atMs += forMs + RECOVERY_MS
  }
}

type PlannedLane = { lane: Lane; spans: Record<string, Span>; minutes: number }

function planLane({ lane, spans, minutes }: PlannedLane, random: Random): NemesisEvent[] {
  const endMs = minutes * MINUTE
  const kinds = Object.keys(spans) as NemesisKind[]
  const draw = (kind: NemesisKind) => ({ kind, forMs: lengthOf(spans[kind] ?? [0, 0], minutes, random) })
  const drawn = random.shuffled(kinds).map(draw)
  const busyMs = drawn.reduce((sum, { forMs }) => sum + forMs, 0)
  const restMs = Math.min((endMs - WARM_UP_MS - busyMs) / drawn.length, LONGEST_REST_MS)
  if (restMs < 0) throw new RangeError(`${minutes} minutes are too few for one of each in lane ${lane}`)
  const events: NemesisEvent[] = []
  let atMs = WARM_UP_MS
  for (;;) {
    const next = drawn.shift() ?? (isBrisk(minutes) ? undefined : draw(random.pick(kinds)))
    if (!next) return events
    atMs += Math.round(restMs * (0.3 + 0.7 * random.fraction()))
    if (atMs + next.forMs > endMs) return events
    events.push({ lane, ...next, atMs, seed: random.integer(1, 0xffff_ffff) })
    atMs += next.forMs
  }
}

/** A duration that must be long is never shortened. */
function lengthOf([shortestMs, longestMs]: Span, minutes: number, random: Random): number {
  const mostMs = isBrisk(minutes) && shortestMs < 15 * SECOND ? shortestMs + (longestMs - shortestMs) * 0.15 : longestMs
  return random.integer(shortestMs, Math.round(mostMs))
}

function isBrisk(minutes: number): boolean {
  return minutes < 2
}
