import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a program of the system to its end; what it said is in the error when it fails. */
export async function runTool(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args)
  return stdout
}
