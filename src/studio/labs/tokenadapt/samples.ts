// Texts in which phrases come again: that is what supertokens are made of.
const REPORT = [
  'On the other hand, the committee did not agree with the report of the commission.',
  'As a matter of fact, the report of the commission was not read by the members of the committee.',
  'In the course of the year, the members of the committee met on the first day of every month.',
  'At the end of the day, the members of the committee were of the opinion that the report was right.',
  'It is, on the other hand, a matter of fact that the commission met at the end of the year.',
  'The report of the commission says that, in the course of the year, the number of members has doubled.',
  'For the first time in the course of its work, the commission has read the opinion of the committee.',
  'There is no doubt that, at the end of the year, the opinion of the committee will be a matter of fact.',
]

export const PHRASES: readonly { name: string; text: string }[] = [
  { name: 'Report', text: `${[...REPORT, ...REPORT.toReversed(), ...REPORT].join('\n')}\n` },
  {
    name: 'Log',
    text: Array.from({ length: 60 }, (_, i) => {
      const level = ['INFO', 'INFO', 'WARN', 'INFO', 'ERROR'][i % 5]
      const what = [
        'GET /api/papers HTTP/1.1 200',
        'GET /assets/index.js HTTP/1.1 304',
        'POST /v1/tokenize HTTP/1.1 429',
      ][i % 3]
      return `2026-11-25T12:${String(i).padStart(2, '0')}:00Z ${level} server.http request finished: ${what} in ${(i * 7) % 40} ms`
    }).join('\n'),
  },
]
