import { Hl7Message } from '@medplum/core'
import { Message, type HL7Node } from 'node-hl7-client'
import type { ParsedMessage, ParsedSegment } from './hl7v2-parser.ts'

/** As @medplum/core reads it, which leaves unescaping to its user. */
export function readByMedplum(text: string): ParsedMessage {
  const message = Hl7Message.parse(text.replace(/\r$/, ''))
  return readable(
    message.segments.map((segment) => ({
      name: segment.name,
      // MSH-1 is the delimiter itself and not among the fields
      fields: Array.from({ length: segment.fields.length + 1 }, (_, at) =>
        (at === 0 ? [] : (segment.getField(at)?.components ?? [])).map((components) =>
          components.map((component) => component.split('&').map(unescaped)),
        ),
      ),
    })),
  )
}

const letters: Record<string, string> = { F: '|', S: '^', T: '&', R: '~', E: '\\' }
const unescaped = (text: string) => text.replaceAll(/\\([FSTRE])\\/g, (_whole, letter: string) => letters[letter] ?? '')

/** As node-hl7-client reads it, which unescapes by itself. */
export function readByNodeHl7Client(text: string): ParsedMessage {
  const segments: ParsedSegment[] = []
  const message = new Message({ text: text.replace(/\r$/, '') })
  message.forEach((segment: HL7Node) => {
    const count = segment.length + 1
    const first = segment.name === 'MSH' ? 3 : 1
    const field = (at: number) => partsOf(segment.get(String(at))).map((repetition) => componentsOf(repetition))
    segments.push({
      name: segment.name,
      fields: Array.from({ length: count }, (_, at) => (at < first ? [] : field(at))),
    })
  })
  return readable(segments)
}

const partsOf = (field: HL7Node): HL7Node[] => (field.isEmpty() ? [] : field.toArray())
const numbered = <Made>(node: HL7Node, make: (part: HL7Node) => Made): Made[] =>
  Array.from({ length: node.length }, (_, at) => make(node.get(String(at + 1))))
const componentsOf = (repetition: HL7Node): string[][] =>
  numbered(repetition, (component) =>
    component.isEmpty() ? [''] : numbered(component, (part) => (part.isEmpty() ? '' : part.toString())),
  )

function readable(segments: ParsedSegment[]): ParsedMessage {
  const all = (name: string) => segments.filter((segment) => segment.name === name)
  return {
    segments,
    all,
    value(name, segment = 0, repetition = 0) {
      const [id = '', place = ''] = name.split('-')
      const [field = 0, component = 1, subcomponent = 1] = place.split('.').map(Number)
      return all(id)[segment]?.fields[field]?.[repetition]?.[component - 1]?.[subcomponent - 1] ?? ''
    },
  }
}
