/** The used part of Luxon; @types/luxon is four times as long as the whole command line. */
declare module 'luxon' {
  type Fields = {
    year: number
    month: number
    day: number
    hour: number
    minute: number
    second: number
    millisecond: number
  }
  type Options = { zone?: string; setZone?: boolean; locale?: string }
  export class DateTime implements Fields {
    static fromFormat(text: string, format: string, options?: Options): DateTime
    static fromMillis(ms: number, options?: Options): DateTime
    static fromObject(fields: Fields, options?: Options): DateTime
    readonly isValid: boolean
    readonly year: number
    readonly month: number
    readonly day: number
    readonly hour: number
    readonly minute: number
    readonly second: number
    readonly millisecond: number
    /** More than one if a clock change repeated this time. */
    getPossibleOffsets(): DateTime[]
    toISO(options?: { suppressMilliseconds?: boolean }): string | null
    valueOf(): number
  }
  export const IANAZone: { isValidZone(name: string): boolean }
}
