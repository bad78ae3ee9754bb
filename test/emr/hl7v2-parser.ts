/**
 * HL7 v2 as a receiver reads it, written independently of the gateway's own serializer: delimiters from MSH, segments
 * by CR, then fields, repetitions, components and subcomponents, each unescaped at the end.
 */
export type ParsedMessage = {
  segments: ParsedSegment[]
  /** A value by name, `PV1-3.4` or `IN1-7.1`, of the nth segment of that name and the nth repetition, both from 0. */
  value(name: string, segment?: number, repetition?: number): string
  all(name: string): ParsedSegment[]
}

/** Fields from 1; of MSH, field 1 is the delimiter. Each is a list of repetitions of components of subcomponents. */
export type ParsedSegment = { name: string; fields: string[][][][] }

const encodings: Record<string, BufferEncoding> = { 'UNICODE UTF-8': 'utf8', '8859/1': 'latin1', ASCII: 'ascii' }

export function parseMessage(bytes: Buffer): ParsedMessage {
  const head = bytes.toString('latin1').split('\r', 1)[0] ?? ''
  if (!/^MSH[^\w\s]{5}/.test(head)) throw new Error('this is not HL7 v2')
  const characterSet = head.split(head.charAt(3))[17] ?? ''
  const encoding = encodings[characterSet] ?? 'ascii'
  const [field = '', component = '', repetition = '', escape = '', subcomponent = ''] = head.slice(3, 8)
  const text = bytes.toString(encoding)
  if (!text.endsWith('\r')) throw new Error('the last segment has no end')
  const unescape = unescaper({ field, component, repetition, escape, subcomponent }, encoding)
  const segments = text
    .slice(0, -1)
    .split('\r')
    .map((line): ParsedSegment => {
      const [name = '', ...rest] = line.split(field)
      const raw = name === 'MSH' ? [field, ...rest] : rest
      const split = (content: string) =>
        content
          .split(repetition)
          .map((each) => each.split(component).map((part) => part.split(subcomponent).map(unescape)))
      const literal = (content: string) => [[[content]]]
      const parse = (content: string, index: number) =>
        name === 'MSH' && index < 2 ? literal(content) : split(content)
      return { name, fields: [[], ...raw.map(parse)] }
    })
  const all = (name: string) => segments.filter((segment) => segment.name === name)
  return {
    segments,
    all,
    value(name, segment = 0, repetition = 0) {
      const [id = '', at = ''] = name.split('-')
      const [fieldAt = 0, componentAt = 1, subcomponentAt = 1] = at.split('.').map(Number)
      return all(id)[segment]?.fields[fieldAt]?.[repetition]?.[componentAt - 1]?.[subcomponentAt - 1] ?? ''
    },
  }
}

function unescaper(delimiters: Record<string, string>, encoding: BufferEncoding) {
  const letters: Record<string, string | undefined> = {
    F: delimiters['field'],
    S: delimiters['component'],
    T: delimiters['subcomponent'],
    R: delimiters['repetition'],
    E: delimiters['escape'],
  }
  const mark = (delimiters['escape'] ?? '').replaceAll('\\', '\\\\')
  const sequence = new RegExp(`${mark}(?:X((?:[0-9A-F]{2})+)|([FSTRE]))${mark}`, 'g')
  // `""` alone is an order to delete the receiver's value: no value.
  return (content: string) =>
    (content === '""' ? '' : content).replaceAll(sequence, (_whole, hex?: string, letter?: string) =>
      hex === undefined ? (letters[letter ?? ''] ?? '') : Buffer.from(hex, 'hex').toString(encoding),
    )
}
