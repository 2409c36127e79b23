/**
 * What the platform starts on a machine that has an installation of OpenZimki. Plain JavaScript, so that where the platform has the agent
 * ready in one file, nothing has to be made ready to strip types first.
 */
import { pathToFileURL } from 'node:url'

const ready = process.env.ZIMKI_AGENT_PROGRAM
await import(ready ? pathToFileURL(ready).href : '#agent-process')
