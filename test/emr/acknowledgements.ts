/** An answer as an interface engine sends it, and what becomes of the job. */
export type KnownAnswer = {
  /** Who sends this, and where it was seen. */
  from: string
  /** All bytes of the answer in Latin-1, framing included; `KEY` stands for the MSH-10 that it answers. */
  bytes: string
  verdict: 'created' | 'busy' | 'rejected' | 'unknown' | string[]
}

const framed = (...segments: string[]) => `\x0b${segments.join('\r')}\r\x1c\r`
const header = 'MSH|^~\\&|EMR|SITE|GW|SITE|20260101120000||ACK^A04^ACK|77|P|2.5.1'

/**
 * Acknowledgements from public documents and bug reports, with names replaced. A list of strings is a refusal with 400 at
 * these pointers.
 */
export const knownAnswers: KnownAnswer[] = [
  {
    from: 'NextGen (Mirth) Connect: connect #276, fields of MSH shifted',
    bytes: framed('MSH|^~\\&|DDD|20070108075013|BBB|CCC|20070314134820.406-0500||ACK|KEY|P|2.3', 'MSA|AA|KEY'),
    verdict: 'created',
  },
  {
    from: 'NextGen (Mirth) Connect: connect #504, no CR after the last segment',
    bytes: '\x0bMSH|^~\\&|A|B|C|D|20070314||ACK|KEY|P|2.3\rMSA|AA|KEY\x1c\r',
    verdict: 'created',
  },
  {
    from: 'NextGen (Mirth) Connect: HL7v2ACKGenerator, AE with a text and no ERR',
    bytes: framed(
      'MSH|^~\\&|A|B|C|D|20260101120000.123||ACK^A04^ACK|20260101120000.123|P|2.5.1',
      'MSA|AE|KEY|An Error Occurred Processing Message.',
    ),
    verdict: 'busy',
  },
  {
    from: 'Cloverleaf: clovertech.infor.com, "unsupported trxid 101 ACK", MSH-2 of three characters, HL7 2.3',
    bytes: framed('MSH|^~&|PHARMACY|SITE|HNAM|D_PROD|20100908072230||ACK|KEY|P|2.3', 'MSA|AA|KEY'),
    verdict: 'created',
  },
  {
    from: 'MSH-2 of three characters (HL7-dotnetcore #112) with a fault in ERR-1 as before v2.5',
    bytes: framed('MSH|^~&|EPIC|SITE|GW|SITE|20260101||ACK|9|P|2.3', 'MSA|AE|KEY', 'ERR|PID^1^3^204&Unknown key'),
    verdict: ['/PatientId', '/PatientIdType'],
  },
  {
    from: 'Epic as quoted in hl7apy #51: v2.3, MSH-9 with a trailing space',
    bytes: framed('MSH|^~\\&|LABADT|DH|EPICADT|DH|201301011228||ACK^A01^ACK |HL7ACK00001|P|2.3', 'MSA|AA|KEY'),
    verdict: 'created',
  },
  {
    from: 'Iguana: the acknowledgement of its LLP server sample in Lua, MSA with an empty MSA-3',
    bytes: framed('MSH|^~\\&|Main HIS|St. M|AcmeMed|Lab|||ACK|AKEY|P|2.6|', 'MSA|AA|KEY|'),
    verdict: 'created',
  },
  {
    from: 'HAPI (engines built on it, Rhapsody among them): a text in ERR, code 207',
    bytes: framed(
      header,
      'MSA|AE|KEY|Application internal error',
      'ERR|^^^207&Application internal error&HL70357&&Jane Doe',
    ),
    verdict: 'busy',
  },
  {
    from: 'HAPI since v2.5: ERR-3 and ERR-7, required field missing',
    bytes: framed(header, 'MSA|AE|KEY', 'ERR||PV1^1^2|101^Required field missing^HL70357|E|||Jane Doe'),
    verdict: ['/Encounter/PatientClassId'],
  },
  {
    from: 'Patients Know Best: "standard HL7 acknowledgement", AE for a severely malformed message',
    bytes: framed(
      'MSH|^~\\&|HL7API|PKB|HOSPSYS|HOSP|201311131005||ACK^R01|201311131005.51|P|2.4',
      'MSA|AE|KEY|Unexpected error while processing: null|',
    ),
    verdict: 'busy',
  },
  {
    from: 'Patients Know Best: AR, with its reason in MSA-3 only',
    bytes: framed(
      'MSH|^~\\&|HL7API|PKB|HOSPSYS|HOSP|201311131010||ACK^R01|201311131010.60|P|2.4',
      'MSA|AR|KEY|Parsing or validation error: PID: Jane Doe|',
    ),
    verdict: 'rejected',
  },
  {
    from: 'Google Cloud Healthcare API through its MLLP adapter: mllp #21, AE with the reason in MSA-3',
    bytes: framed(header, 'MSA|AE|KEY|unsupported encoding in message, only ASCII and UTF-8 are supported'),
    verdict: 'busy',
  },
  {
    from: 'a receiver that cannot read our header, so that MSA-2 is empty: dcm4che #1000',
    bytes: framed('MSH|^~\\&|||||20260101||ACK|1|P|2.5', 'MSA|AR|'),
    verdict: 'rejected',
  },
  {
    from: 'an engine that writes CRLF after each segment and before the first: dcm4che #465',
    bytes: '\x0b\r\nMSH|^~\\&|A|B|C|D|20260101||ACK|1|P|2.5\r\nMSA|AA|KEY\r\n\x1c\r',
    verdict: 'created',
  },
  {
    from: 'an engine that writes a byte order mark: dcm4che #779',
    bytes: '\x0b\xef\xbb\xbfMSH|^~\\&|A|B|C|D|20260101||ACK|1|P|2.5\rMSA|AA|KEY\r\x1c\r',
    verdict: 'created',
  },
  {
    from: 'MLLP Release 2: a commit block, then the acknowledgement: dcm4che #655',
    bytes: `\x0b\x06\x1c\r${framed(header, 'MSA|AA|KEY')}`,
    verdict: 'created',
  },
  {
    from: 'a commit without its block, then the acknowledgement: dcm4che #655',
    bytes: `\x06${framed(header, 'MSA|AA|KEY')}`,
    verdict: 'created',
  },
  { from: 'MLLP Release 2: a negative commit block', bytes: '\x0b\x15\x1c\r', verdict: 'busy' },
  {
    from: 'LF as the end of segments, and no CR after the frame',
    bytes: '\x0bMSH|^~\\&|A|B|C|D|20260101||ACK|1|P|2.5\nMSA|AA|KEY\n\x1c',
    verdict: 'created',
  },
  {
    from: 'other delimiters in the answer than in our message',
    bytes: framed('MSH#*~\\&#A#B#C#D#20260101##ACK#1#P#2.5', 'MSA#AE#KEY', 'ERR##PV1*1*3*1*3#103*x#E'),
    verdict: ['/Encounter/Location/BedId'],
  },
  {
    from: 'HL7 v2.7: five encoding characters, and SFT before MSA',
    bytes: framed('MSH|^~\\&#|A|B|C|D|20260101||ACK^A04^ACK|1|P|2.7', 'SFT|Vendor|1.0|Engine|1', 'MSA|AA|KEY'),
    verdict: 'created',
  },
  {
    from: 'a warning beside an accepted message (ERR-4 W)',
    bytes: framed(header, 'MSA|AA|KEY', 'ERR||PV1^1^10|103|W'),
    verdict: 'created',
  },
  {
    from: 'a duplicate by MSH-10: it is ours (code 205)',
    bytes: framed(header, 'MSA|AE|KEY', 'ERR||MSH^1^10|205^Duplicate key identifier^HL70357|E'),
    verdict: 'created',
  },
  { from: 'no HL7 in a frame', bytes: framed('OK'), verdict: 'unknown' },
]
