// The formats of JSON Schema that are guaranteed, as patterns over whole strings. A format that is not here is refused:
// it would be promised and not kept.
const YEAR = '[0-9]{4}'
const MONTH_DAY =
  '(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))'
const DATE = `${YEAR}-${MONTH_DAY}`
const TIME = String.raw`(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])`
const HEX = '[0-9a-f]'
const BYTE = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
/** The last part of a host name has a letter first: all digits would be an address. */
const HOST = String.raw`(?:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\.){0,4}[a-z](?:[a-z0-9]{0,23})`

export const FORMATS: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  'date-time': `${DATE}T${TIME}`,
  uuid: `${HEX}{8}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{12}`,
  ipv4: String.raw`${BYTE}(?:\.${BYTE}){3}`,
  hostname: HOST,
  email: String.raw`[A-Za-z0-9_+-]{1,32}(?:\.[A-Za-z0-9_+-]{1,32}){0,3}@(?:[a-z0-9]{1,30}\.){1,4}[a-z]{2,24}`,
  uri: String.raw`https?://${HOST}(?::[1-9][0-9]{0,3})?(?:/[A-Za-z0-9._~-]{0,64}){0,8}(?:\?[A-Za-z0-9._~=&-]{0,128})?`,
}
