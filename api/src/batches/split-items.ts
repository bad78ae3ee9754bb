import { Refusal } from '../http/refusal.ts'

/** One item of an upload as received: its bytes, or `tooLong`. `line` counts from 1; NDJSON only. */
export type RawItem = { line?: number; bytes: Buffer; tooLong: boolean }

/** Takes the bytes of an upload piece by piece and returns the items that are complete. */
export type ItemSplitter = {
  push(piece: Buffer): RawItem[]
  /** Ends the upload and returns the remaining items. Throws a 400 if the upload is incomplete. */
  end(): RawItem[]
}

const NEWLINE = 0x0a
const RETURN = 0x0d
const nothing = Buffer.alloc(0)

/** Gathers the pieces of one item, and drops them once they exceed the limit. */
function openGathering(limitBytes: number) {
  let pieces: Buffer[] = []
  let length = 0
  return {
    add(piece: Buffer): void {
      length += piece.length
      if (length > limitBytes) pieces = []
      else if (piece.length > 0) pieces.push(piece)
    },
    take(): { bytes: Buffer; tooLong: boolean } {
      const tooLong = length > limitBytes
      const [first = nothing] = pieces
      const bytes = pieces.length > 1 ? Buffer.concat(pieces) : first
      pieces = []
      length = 0
      return { bytes, tooLong }
    },
  }
}

/**
 * Splits NDJSON at line feeds (ndjson.org). A carriage return before the line feed is not part of the line, and blank
 * lines are skipped. A line of more than `limitBytes` is never held in memory.
 */
export function splitLines(limitBytes: number): ItemSplitter {
  const gathering = openGathering(limitBytes)
  let line = 0
  const endLine = (): RawItem[] => {
    line++
    const { bytes: all, tooLong } = gathering.take()
    const bytes = all.at(-1) === RETURN ? all.subarray(0, -1) : all
    return tooLong || !isBlank(bytes) ? [{ line, bytes, tooLong }] : []
  }
  return {
    push(piece) {
      const items: RawItem[] = []
      let from = 0
      for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, from)) {
        gathering.add(piece.subarray(from, at))
        items.push(...endLine())
        from = at + 1
      }
      gathering.add(piece.subarray(from))
      return items
    },
    end: endLine,
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every(isSpace)
}

const isSpace = (byte: number) => byte === 0x20 || byte === 0x09 || byte === NEWLINE || byte === RETURN

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * Splits one JSON array into its items, without parsing them. Throws a 400 where the array becomes invalid; the items
 * before that have been returned by then.
 */
export function splitArray(limitBytes: number): ItemSplitter {
  const gathering = openGathering(limitBytes)
  let place: 'before' | 'first' | 'item' | 'next' | 'after' = 'before'
  let depth = 0
  let inText = false
  let escaped = false
  let count = 0

  const broken = (what: string) =>
    new Refusal('invalid-json', `The body is not a valid array of JSON objects: ${what} after ${count} items.`)

  return {
    push(piece) {
      const items: RawItem[] = []
      let from = 0
      const endItem = (at: number) => {
        gathering.add(piece.subarray(from, at))
        items.push(gathering.take())
        count++
      }
      for (let at = 0; at < piece.length; at++) {
        const byte = piece[at] ?? 0
        if (place === 'item') {
          if (escaped) escaped = false
          else if (inText) {
            if (byte === BACKSLASH) escaped = true
            else if (byte === QUOTE) inText = false
          } else if (byte === QUOTE) inText = true
          else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++
          else if (depth > 0) {
            if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--
          } else if (byte === COMMA || byte === CLOSE_ARRAY) {
            endItem(at)
            place = byte === COMMA ? 'next' : 'after'
          }
        } else if (isSpace(byte)) continue
        else if (place === 'before' && byte === OPEN_ARRAY) place = 'first'
        else if (place === 'first' && byte === CLOSE_ARRAY) place = 'after'
        else if ((place === 'first' || place === 'next') && byte !== COMMA && byte !== CLOSE_ARRAY) {
          place = 'item'
          from = at
          at--
        } else throw broken(place === 'before' ? 'it does not begin with `[`' : 'unexpected character')
      }
      if (place === 'item') gathering.add(piece.subarray(from))
      return items
    },
    end() {
      if (place !== 'after') throw broken('it ends')
      return []
    },
  }
}
