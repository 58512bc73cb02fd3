/** Where the Studio's server has the built-in vocabularies. */
export const VOCABULARIES = '/vocabularies/'
