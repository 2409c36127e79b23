import { stripTypeScriptTypes } from 'node:module'

/** Jest transform: what Node itself does to a TypeScript file, so that tests run the very text that ships. */
export default { process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }) }
