import { tryStart } from './try-start.ts'

// Does what the README says first: `npm start`, then a look at the welcome page.

await tryStart({ command: 'npm start --' })
