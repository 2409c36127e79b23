import { spawn } from 'node:child_process'

export interface ToolResult {
  status: number | null
  stdout: string
  stderr: string
}

/** Runs a program of `node_modules` with this very Node, to its end. Rejects only when it cannot be started. */
export function runTool(root: string, script: string, args: string[]): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
      })
    }
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, ...output }))
  })
}
